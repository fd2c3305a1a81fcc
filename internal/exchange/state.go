package exchange

// How far an exchange is, by three states that go forward only. Exchange.Reset begins
// all of them anew.
//
// Its answer, as the client gets it. What has begun cannot be replaced by an answer of
// our own, nor can the exchange be tried again:
//
//	            interim    head       last       switch     break
//	none        interim    begun      whole      switched   none
//	interim     interim    begun      whole      switched   interim
//	begun       –          begun      whole      –          broken
//	whole       –          whole      whole      –          broken
//	switched    –          –          –          –          broken
//	broken      –          broken     broken     –          broken
//
// Its attempts with backends, by what the one before allows:
//
//	              elsewhere   afresh
//	first         moved       fresh
//	fresh         moved       –
//	moved         –           moved fresh
//	moved fresh   –           –
//
// Its place at the backend:
//
//	           enter, free   enter, full   admit      leave
//	no place   held          queued        –          no place
//	queued     –             –             held       no place
//	held       –             –             –          no place
//
// A dash is what does not happen, or what is refused.

// An answerState is how far the answer is.
type answerState uint8

// The states of an answer, and what moves it.
const (
	noAnswer answerState = iota
	interimSent
	begun    // the final head has gone out, or is about to
	whole    // the backend has sent all of it, and the rest goes out
	switched // to another protocol, which a tunnel carries
	broken   // what has gone out is not all
	answerStates
)

// An answerEvent moves an answer.
type answerEvent uint8

const (
	passInterim answerEvent = iota
	passHead
	passLast
	passSwitch
	breakOff
	answerEvents
)

// An attemptState is which attempt with a backend is under way.
type attemptState uint8

const (
	firstAttempt attemptState = iota
	freshAttempt              // on a new connection to the same backend
	movedAttempt              // with another backend
	movedFresh                // with that, on a new connection
	attemptStates
)

// A place is that of an exchange at its backend.
type place uint8

const (
	noPlace place = iota
	queuedPlace
	heldPlace
	places
)

// A placeEvent moves a place.
type placeEvent uint8

const (
	enterFree placeEvent = iota
	enterFull
	admit
	leavePlace
	placeEvents
)

// never is in the tables for what does not happen.
const never = 0xff

var answerTable = [answerStates][answerEvents]answerState{
	noAnswer:    {interimSent, begun, whole, switched, noAnswer},
	interimSent: {interimSent, begun, whole, switched, interimSent},
	begun:       {never, begun, whole, never, broken},
	whole:       {never, whole, whole, never, broken},
	switched:    {never, never, never, never, broken},
	broken:      {never, broken, broken, never, broken},
}

// The columns are for Elsewhere and Afresh.
var attemptTable = [attemptStates][Afresh]attemptState{
	firstAttempt: {movedAttempt, freshAttempt},
	freshAttempt: {movedAttempt, never},
	movedAttempt: {never, movedFresh},
	movedFresh:   {never, never},
}

var placeTable = [places][placeEvents]place{
	noPlace:     {heldPlace, queuedPlace, never, noPlace},
	queuedPlace: {never, never, heldPlace, noPlace},
	heldPlace:   {never, never, never, noPlace},
}

// after returns the state after e, in which s stays if e does not happen.
func (s answerState) after(e answerEvent) answerState {
	if next := answerTable[s][e]; next != never {
		return next
	}
	return s
}

// after returns the attempt that r allows after s; false if none.
func (s attemptState) after(r Retry) (next attemptState, ok bool) {
	if r == Never {
		return s, false
	}
	next = attemptTable[s][r-Elsewhere]
	return next, next != never
}

// fresh reports whether the attempt is to be made on a new connection.
func (s attemptState) fresh() bool { return s == freshAttempt || s == movedFresh }

// after returns the place after e, which stays if e does not happen.
func (p place) after(e placeEvent) place {
	if next := placeTable[p][e]; next != never {
		return next
	}
	return p
}

// HeadOut notes that the final head goes out.
func (x *Exchange) HeadOut() { x.answer = x.answer.after(passHead) }

// headSent reports whether the final head has gone out, or may have.
func (x *Exchange) headSent() bool { return x.answer >= begun }

// Switched reports whether the exchange has become a tunnel.
func (x *Exchange) Switched() bool { return x.answer == switched }
