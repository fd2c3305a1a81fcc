package h2

// The state of a stream (RFC 9113, 5.1) consists of one state per direction, called a
// half, and of its reset. A half only moves forward. A reset ends both halves: from then
// on they do not change, and stream.cancelled reports it to goroutines without the lock.
//
// What the client sends:
//
//	             end        end, short  trailers too long  answered
//	receiving    received   cut short   overlong           discarding
//	overlong     overlong   overlong    overlong           discarding
//	discarding   received   cut short   discarding         –
//	cut short    –          –           –                  –
//	received     –          –           –                  –
//
// What it gets:
//
//	             head       switched    end
//	silent       sending    carrying    –
//	sending      sending    –           sent
//	carrying     –          –           carried
//	sent         –          –           –
//	carried      –          –           –
//
// And its reset:
//
//	             by us      by the client
//	open         reset      given up
//	reset        reset      given up
//	given up     given up   given up
//
// A dash marks a transition that does not happen: a frame that would require it is a
// client error, which is detected before (Conn.data, Conn.trailers), and the proxy sends
// nothing after the end. The stream is closed, and no longer counts towards
// http2.MaxStreams, when it is reset, or when all was received and all was sent.

// A half is the state of one direction of a stream.
type half uint8

// The states of the client's direction.
const (
	receiving  half = iota
	overlong        // ended, with trailers that are too long
	discarding      // the answer is complete; the rest of the request is discarded
	cutShort        // ended before the end of the body, after the answer had begun
	received        // ended in order
	receives        // number of states
)

// The states of the answer's direction.
const (
	silent   half = iota
	sending       // the head of the answer has been queued
	carrying      // a tunnel
	sent          // END_STREAM has been queued
	carried       // END_STREAM of a tunnel has been queued
	sends         // number of states
)

// An event changes the state of a half.
type event uint8

// The events of the client's direction; the last is the end of the exchange before
// that of the request.
const (
	endCame event = iota
	endCameShort
	trailersTooLong
	answerComplete
	receiveEvents
)

// The events of the answer's direction.
const (
	headQueued event = iota
	tunnelBegan
	endQueued
	sendEvents
)

// never marks a transition that does not exist.
const never = ^half(0)

var receivesTable = [receives][receiveEvents]half{
	receiving:  {received, cutShort, overlong, discarding},
	overlong:   {overlong, overlong, overlong, discarding},
	discarding: {received, cutShort, discarding, never},
	cutShort:   {never, never, never, never},
	received:   {never, never, never, never},
}

var sendsTable = [sends][sendEvents]half{
	silent:   {sending, carrying, never},
	sending:  {sending, never, sent},
	carrying: {never, never, carried},
	sent:     {never, never, never},
	carried:  {never, never, never},
}

// A reset records whether and by whom a stream was reset.
type reset uint8

// The states of a reset.
const (
	notReset      reset = iota
	resetHere           // by the proxy, or with the connection
	resetByClient       // further frames on it are a client error
	resets
)

// A state is the state of a stream. It is guarded by mux.mu.
type state struct {
	in, out half
	reset   reset
}

// receive changes the client's half. An event without a transition is a bug of this
// program and leaves the state unchanged.
func (s *state) receive(e event) {
	if next := receivesTable[s.in][e]; next != never && s.reset == notReset {
		s.in = next
	}
}

// send changes the answer's half.
func (s *state) send(e event) {
	if next := sendsTable[s.out][e]; next != never && s.reset == notReset {
		s.out = next
	}
}

// cut records a reset.
func (s *state) cut(by reset) { s.reset = max(s.reset, by) }

// ended reports whether the client has sent END_STREAM and everything before it was
// valid.
func (s *state) ended() bool { return s.in >= cutShort }

// answered reports whether the answer has been queued to its end.
func (s *state) answered() bool { return s.out >= sent }

// begun reports whether the head of an ordinary answer has been queued, or a generated
// answer is complete.
func (s *state) begun() bool { return s.out == sending || s.out == sent }

// tunnels reports whether the stream is or was a tunnel.
func (s *state) tunnels() bool { return s.out == carrying || s.out == carried }

// closed reports whether nothing more is sent in either direction.
func (s *state) closed() bool { return s.reset != notReset || s.ended() && s.answered() }
