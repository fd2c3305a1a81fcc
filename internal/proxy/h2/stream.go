package h2

import (
	"sync/atomic"

	"elbow/internal/exchange"
	"elbow/internal/http1"
	"elbow/internal/http2"
	"elbow/internal/socket"
	"elbow/internal/upstream"
)

// A stream is a stream of HTTP/2 (RFC 9113, 5): its states, its windows, and what has
// arrived of the body.
type stream struct {
	h  *mux
	id uint32

	// x is owned by the reader until dispatch, then by the worker. It is nil once the exchange
	// has ended while the client still sends.
	x *exchange.Exchange

	in, out   socket.Waiter // signal body data, and window or room to send
	cancelled atomic.Bool   // state.reset is not notReset
	up        atomic.Pointer[upstream.Grip]

	// Guarded by h.mu.
	window   http2.Window
	credit   http2.Credit
	body     http2.Body
	reckoned int    // bytes of body charged to the connection's memory account
	left     int64  // bytes of the body still to come; -1: not known
	trailers []byte // of the request, as lines
	state    state
	stopped  bool // waiting for the client must end

	// Set after the exchange has ended, see mux.discard: when that was, and when data
	// last arrived.
	answeredAt, cameAt socket.Instant
}

// reckon charges the memory of the body. h.mu must be locked, or the stream not yet
// shared.
func (s *stream) reckon() {
	if n := s.body.Holds(); n != s.reckoned {
		s.h.Memory.Hold(int64(n - s.reckoned))
		s.reckoned = n
	}
}

// awaitEnd waits briefly for END_STREAM after the head of a request that usually has
// no body: many clients send it in a separate frame right after. h.mu must be locked.
func (s *stream) awaitEnd() {
	if s.x.Req.Framing != http1.Chunked || !exchange.BodilessMethod(s.x.Req.Method) {
		return
	}
	for due := socket.Now().Add(s.h.Limits.EndTimeout); ; {
		left := due.Sub(socket.Now())
		if left <= 0 || s.state.ended() || s.body.Len() > 0 || s.state.in == overlong || s.cancelled.Load() {
			return
		}
		s.in.Wait(&s.h.mu, left)
	}
}

// receive changes the state of a stream after an event of the client; send, below, after
// one of the proxy. h.mu must be locked for both and for cut.
func (s *stream) receive(e event) {
	was := s.state.closed()
	s.state.receive(e)
	s.moved(was)
}

func (s *stream) send(e event) {
	was := s.state.closed()
	s.state.send(e)
	s.moved(was)
}

// cut records that a stream is reset.
func (s *stream) cut(by reset) {
	was := s.state.closed()
	s.state.cut(by)
	s.cancelled.Store(true)
	s.moved(was)
}

// moved counts the stream as closed if the last transition has closed it.
func (s *stream) moved(was bool) {
	if !was && s.state.closed() {
		s.h.closed()
	}
}
