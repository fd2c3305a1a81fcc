package h2

// The state of a stream (RFC 9113, 5.1) is that of two halves and of a reset. A half
// goes forward only. A reset is the end of both: from then on they stay as they are,
// and stream.cancelled tells whoever has no lock.
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
// A dash is what does not happen: a frame for which it would have to is an error of the
// client's, which is found out before (Conn.data, Conn.trailers), and we send nothing
// behind an end. The stream is closed, and no longer one of http2.MaxStreams, when it is
// reset, or all was received and all was sent.

// A half is the state of a direction of a stream.
type half uint8

// The states of what the client sends.
const (
	receiving  half = iota
	overlong        // the end has come, with trailers that are too long
	discarding      // the answer is complete; what still comes is thrown away
	cutShort        // it has ended before the end of the body, after the head of the answer
	received        // it has ended
	receives        // how many there are
)

// The states of what it gets.
const (
	silent   half = iota
	sending       // the head of the answer has been queued
	carrying      // a tunnel
	sent          // the end has been queued
	carried       // that of a tunnel
	sends         // how many there are
)

// An event is what moves a half.
type event uint8

// What the client does, and the end of the exchange before it has done it.
const (
	endCame event = iota
	endCameShort
	trailersTooLong
	answerComplete
	receiveEvents
)

// What we send.
const (
	headQueued event = iota
	tunnelBegan
	endQueued
	sendEvents
)

// never is in the tables for what does not happen.
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

// A reset tells whether a stream was reset.
type reset uint8

// The states of a reset.
const (
	notReset      reset = iota
	resetHere           // by us, or with the connection
	resetByClient       // what still comes on it is the client's fault
	resets
)

// A state is that of a stream. It is guarded by Conn.mu.
type state struct {
	in, out half
	reset   reset
}

// receive moves the half of what the client sends. What does not happen is a fault of
// this program: it leaves the state as it is.
func (s *state) receive(e event) {
	if next := receivesTable[s.in][e]; next != never && s.reset == notReset {
		s.in = next
	}
}

// send moves the half of what the client gets.
func (s *state) send(e event) {
	if next := sendsTable[s.out][e]; next != never && s.reset == notReset {
		s.out = next
	}
}

// cut notes a reset.
func (s *state) cut(by reset) { s.reset = max(s.reset, by) }

// ended reports whether the client has sent END_STREAM, and all before it is in order.
func (s *state) ended() bool { return s.in >= cutShort }

// answered reports whether we have.
func (s *state) answered() bool { return s.out >= sent }

// begun reports whether the head of an answer has been queued, or all of a tunnel.
func (s *state) begun() bool { return s.out == sending || s.out == sent }

// tunnels reports whether the stream carries, or has carried, a tunnel.
func (s *state) tunnels() bool { return s.out == carrying || s.out == carried }

// closed reports whether nothing more is sent in either direction.
func (s *state) closed() bool { return s.reset != notReset || s.ended() && s.answered() }
