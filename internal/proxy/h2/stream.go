package h2

import (
	"sync"
	"sync/atomic"

	"elbow/internal/exchange"
	"elbow/internal/http1"
	"elbow/internal/http2"
	"elbow/internal/socket"
	"elbow/internal/upstream"
)

// A stream is the client side of an exchange over HTTP/2 (RFC 9113, 5). It comes from
// a pool, together with its exchange.
type stream struct {
	h  *mux
	id uint32

	// Owned by the reader until dispatch, then by the worker.
	x       *exchange.Exchange // nil once it has ended while the client still sends
	fault   *exchange.Fault    // in the head; nil: none
	headLen int64              // bytes of the frames with the head
	key     exchange.SocketKey

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

var streamPool = sync.Pool{New: func() any { return &stream{in: socket.NewWaiter(), out: socket.NewWaiter()} }}

// takeStream returns a stream with an exchange.
func takeStream(h *mux, id uint32) *stream {
	s := streamPool.Get().(*stream)
	s.h, s.id, s.x = h, id, exchange.TakeExchange(&h.Origin, s, h, id)
	return s
}

// abandon releases a stream that no other goroutine has seen.
func (s *stream) abandon() {
	s.x.Release()
	s.release()
}

// release clears the stream, except for what is costly to allocate.
func (s *stream) release() {
	s.body.Release()
	s.reckon()
	*s = stream{in: s.in, out: s.out, body: s.body}
	streamPool.Put(s)
}

// reckon charges the memory of the body. h.mu must be locked, or the stream not yet
// shared.
func (s *stream) reckon() {
	if n := s.body.Holds(); n != s.reckoned {
		s.h.Memory.Hold(int64(n - s.reckoned))
		s.reckoned = n
	}
}

// run runs the exchange of the stream.
func (s *stream) run() {
	defer s.end()
	s.x.Serve()
}

// end closes the stream, unless it is closed already, and releases it.
func (s *stream) end() {
	h := s.h
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case s.cancelled.Load():
	case !s.state.answered():
		h.reset(s.id, codeOf(s.x.Record.Fault))
	case !s.state.ended():
		h.discard(s)
		return
	}
	h.drained(nil, s.body.Len())
	delete(h.streams.byID, s.id)
	if h.leaving == leftOff && len(h.streams.byID) == 0 {
		h.emptied.Signal()
		h.Wire.Interrupt() // makes the reader end the connection
	}
	s.x.Release()
	s.release()
}

func (s *stream) Proto() string { return "HTTP/2.0" }

func (s *stream) Retire() { s.h.Retire() }

func (s *stream) Gone() bool { return s.cancelled.Load() }

// Bind stores up for cancel. Whoever swaps it out of s.up owns it, so that a
// connection that has been returned to its pool is never closed from here.
func (s *stream) Bind(up *upstream.Grip) bool {
	s.up.Store(up)
	if s.cancelled.Load() { // possibly before the Store
		if up := s.up.Swap(nil); up != nil {
			up.Close() // nothing has been sent on it
		}
		return false
	}
	return true
}

func (s *stream) Unbind() bool { return s.up.Swap(nil) != nil }

// Head returns the head, which the reader has decoded, in s.x.
func (s *stream) Head() *exchange.Fault {
	x := s.x
	x.Record.BytesIn = s.headLen
	if s.fault != nil {
		return s.fault
	}
	if len(x.Req.Upgrade) > 0 {
		s.key.Ask(&x.Req.Request)
	}
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	s.awaitEnd()
	if x.Req.Framing == http1.Chunked && s.state.ended() && s.trailers == nil {
		x.Req.WholeBody(int64(s.body.Len()))
	}
	return nil
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

// malformed logs a request that is reset instead of answered (RFC 9113, 8.1.1).
func (s *stream) malformed(err *http1.Error) {
	x := s.x
	x.Reset()
	x.Record.BytesIn, x.Record.Status = s.headLen, err.Status
	x.Record.Fault = exchange.HeadFault(err)
	x.Finish()
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
