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

// A stream is the client's side of an exchange in HTTP/2 (RFC 9113, 5). It is
// on loan from a pool, with its exchange.
type stream struct {
	h  *Conn
	id uint32

	// Owned by the worker, after the reader.
	x       *exchange.Exchange // nil once it has ended, if the client goes on sending
	fault   *exchange.Fault    // of the head; nil: none
	headLen int64              // bytes of the frame with the head
	key     exchange.SocketKey

	in, out   socket.Waiter // who waits for the body, and for window
	cancelled atomic.Bool   // state.reset is not notReset
	up        atomic.Pointer[upstream.Grip]

	// Guarded by h.mu.
	window   http2.Window
	credit   http2.Credit
	body     http2.Body
	reckoned int    // bytes of body that the connection is reckoned to hold
	left     int64  // bytes of the body that are to come; -1: not known
	trailers []byte // of the request, as lines
	state    state
	stopped  bool // waiting for the client is to end
	waits    bool // in h.waiting

	// Of a stream that has lost its exchange, see Conn.discard: when that was, and
	// when something came last.
	answeredAt, cameAt socket.Instant
}

var streamPool = sync.Pool{New: func() any { return &stream{in: socket.NewWaiter(), out: socket.NewWaiter()} }}

// takeStream returns a stream with an exchange.
func takeStream(h *Conn, id uint32) *stream {
	s := streamPool.Get().(*stream)
	s.h, s.id, s.x = h, id, exchange.TakeExchange(&h.Origin, s, h, id)
	return s
}

// abandon gives back a stream that nobody else has seen.
func (h *Conn) abandon(s *stream) {
	s.x.Release()
	s.release()
}

// release forgets all but what is costly to make.
func (s *stream) release() {
	s.body.Release()
	s.reckon()
	*s = stream{in: s.in, out: s.out, body: s.body}
	streamPool.Put(s)
}

// reckon takes down what body takes. Called with h.mu locked, or when nobody else has
// the stream.
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

// end closes the stream, if it is not closed yet, and gives it back.
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
	delete(h.streams, s.id)
	if h.leaving == leftOff && len(h.streams) == 0 {
		h.emptied.Signal()
		h.Wire.Interrupt() // the reader is to end the connection
	}
	s.x.Release()
	s.release()
}

func (s *stream) Proto() string { return "HTTP/2.0" }

func (s *stream) Retire() { s.h.drain() }

func (s *stream) Gone() bool { return s.cancelled.Load() }

// Bind leaves up to cancel. Whoever swaps it out of s.up owns it, so that a
// connection that is back in its pool is never closed from here.
func (s *stream) Bind(up *upstream.Grip) bool {
	s.up.Store(up)
	if s.cancelled.Load() { // perhaps before the Store
		if up := s.up.Swap(nil); up != nil {
			up.Close() // nothing has been sent
		}
		return false
	}
	return true
}

func (s *stream) Unbind() bool { return s.up.Swap(nil) != nil }

// Head gives out the head, which the reader has decoded.
func (s *stream) Head() *exchange.Fault {
	x := s.x
	x.Record.BytesIn = s.headLen
	if s.fault != nil {
		return s.fault
	}
	if len(x.Req.Upgrade) > 0 {
		s.key.Ask(&x.Req)
	}
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	s.awaitEnd()
	if x.Req.Framing == http1.Chunked && s.state.ended() && s.trailers == nil {
		x.WholeBody(int64(s.body.Len()))
	}
	return nil
}

// awaitEnd waits for a moment for what follows the head of a request that has no
// body, as a rule: many clients send the end in a frame of its own, right after.
// Called with h.mu locked.
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

// malformed logs a request that is not answered but reset (RFC 9113, 8.1.1).
func (s *stream) malformed(err *http1.Error) {
	x := s.x
	x.Reset()
	x.Record.BytesIn, x.Record.Status = s.headLen, err.Status
	x.Record.Fault = exchange.HeadFault(err)
	x.Finish()
}
