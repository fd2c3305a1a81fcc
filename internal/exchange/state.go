package exchange

// An exchange has three states, which only move forward. Exchange.Reset resets all of
// them.
//
// The answer to the client. Once it has begun, it cannot be replaced by a generated
// answer, and the exchange cannot be retried:
//
//	            interim    head       last       switch     break
//	none        interim    begun      whole      switched   none
//	interim     interim    begun      whole      switched   interim
//	begun       –          begun      whole      –          broken
//	whole       –          whole      whole      –          broken
//	switched    –          –          –          –          broken
//	broken      –          broken     broken     –          broken
//
// The attempts with backends, by the retry that the previous one permits:
//
//	              elsewhere   afresh
//	first         moved       fresh
//	fresh         moved       –
//	moved         –           moved fresh
//	moved fresh   –           –
//
// The place at the backend's gate:
//
//	           enter, free   enter, full   admit      leave
//	no place   held          queued        –          no place
//	queued     –             –             held       no place
//	held       –             –             –          no place
//
// A dash marks a transition that does not happen or is refused.

// An answerState is the progress of the answer.
type answerState uint8

// The states of an answer, ordered.
const (
	noAnswer answerState = iota
	interimSent
	begun    // the final head has been sent, or is about to be
	whole    // the backend has sent all of it; the rest is being forwarded
	switched // to another protocol, in a tunnel
	broken   // a part has been sent, and no more will be
	answerStates
)

// An answerEvent changes the state of an answer.
type answerEvent uint8

const (
	passInterim answerEvent = iota
	passHead
	passLast
	passSwitch
	breakOff
	answerEvents
)

// An attemptState identifies the current attempt with a backend.
type attemptState uint8

const (
	firstAttempt attemptState = iota
	freshAttempt              // on a new connection to the same backend
	movedAttempt              // with another backend
	movedFresh                // with another backend, on a new connection
	attemptStates
)

// A place is the state of an exchange at the gate of its backend.
type place uint8

const (
	noPlace place = iota
	queuedPlace
	heldPlace
	places
)

// A placeEvent changes a place.
type placeEvent uint8

const (
	enterFree placeEvent = iota
	enterFull
	admit
	leavePlace
	placeEvents
)

// never marks a transition that does not exist.
const never = 0xff

var answerTable = [answerStates][answerEvents]answerState{
	noAnswer:    {interimSent, begun, whole, switched, noAnswer},
	interimSent: {interimSent, begun, whole, switched, interimSent},
	begun:       {never, begun, whole, never, broken},
	whole:       {never, whole, whole, never, broken},
	switched:    {never, never, never, never, broken},
	broken:      {never, broken, broken, never, broken},
}

// The columns are the values of Retry: Elsewhere and Afresh.
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

// after returns the state after e, which is s if there is no such transition.
func (s answerState) after(e answerEvent) answerState {
	if next := answerTable[s][e]; next != never {
		return next
	}
	return s
}

// after returns the attempt that follows s after a fault with r; false if there is
// none.
func (s attemptState) after(r Retry) (next attemptState, ok bool) {
	if r == Never {
		return s, false
	}
	next = attemptTable[s][r-Elsewhere]
	return next, next != never
}

// fresh reports whether the attempt must use a new connection.
func (s attemptState) fresh() bool { return s == freshAttempt || s == movedFresh }

// after returns the place after e, which is p if there is no such transition.
func (p place) after(e placeEvent) place {
	if next := placeTable[p][e]; next != never {
		return next
	}
	return p
}

// HeadOut records that the final head is being sent.
func (s *answerState) HeadOut() { *s = s.after(passHead) }

// headSent reports whether the final head has been sent, or may have been.
func (s answerState) headSent() bool { return s >= begun }

// Switched reports whether the exchange has become a tunnel.
func (s answerState) Switched() bool { return s == switched }
