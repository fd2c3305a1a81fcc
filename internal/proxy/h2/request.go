package h2

import (
	"sync"

	"elbow/internal/exchange"
	"elbow/internal/http1"
	"elbow/internal/socket"
	"elbow/internal/upstream"
)

// A request is the client side of an exchange over HTTP/2, and the stream that carries it.
// It comes from a pool, together with its exchange.
type request struct {
	stream

	// Owned by the reader until dispatch, then by the worker.
	fault   *exchange.Fault // in the head; nil: none
	headLen int64           // bytes of the frames with the head
	key     exchange.SocketKey
}

var requests = sync.Pool{New: func() any {
	return &request{stream: stream{in: socket.NewWaiter(), out: socket.NewWaiter()}}
}}

// takeRequest returns a request with an exchange.
func takeRequest(h *mux, id uint32) *request {
	r := requests.Get().(*request)
	r.h, r.id, r.x = h, id, exchange.TakeExchange(&h.Origin, r, h, id)
	return r
}

// release releases the exchange and clears the request, except for what is costly to
// allocate.
func (r *request) release() {
	r.x.Release()
	r.body.Release()
	r.reckon()
	*r = request{stream: stream{in: r.in, out: r.out, body: r.body}}
	requests.Put(r)
}

// run runs the exchange of the stream.
func (r *request) run() {
	defer r.end()
	r.x.Serve()
}

// end closes the stream, unless it is closed already, and releases it.
func (r *request) end() {
	h := r.h
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case r.cancelled.Load():
	case !r.state.answered():
		h.reset(r.id, codeOf(r.x.Record.Fault))
	case !r.state.ended():
		h.discard(&r.stream)
		return
	}
	h.drained(nil, r.body.Len())
	delete(h.streams.byID, r.id)
	if h.leaving == leftOff && len(h.streams.byID) == 0 {
		h.emptied.Signal()
		h.Wire.Interrupt() // makes the reader end the connection
	}
	r.release()
}

func (r *request) Proto() string { return "HTTP/2.0" }

func (r *request) Retire() { r.h.Retire() }

func (r *request) Gone() bool { return r.cancelled.Load() }

// Bind stores up for cancel. Whoever swaps it out of r.up owns it, so that a
// connection that has been returned to its pool is never closed from here.
func (r *request) Bind(up *upstream.Grip) bool {
	r.up.Store(up)
	if r.cancelled.Load() { // possibly before the Store
		if up := r.up.Swap(nil); up != nil {
			up.Close() // nothing has been sent on it
		}
		return false
	}
	return true
}

func (r *request) Unbind() bool { return r.up.Swap(nil) != nil }

// Head returns the head, which the reader has decoded, in r.x.
func (r *request) Head() *exchange.Fault {
	x := r.x
	x.Record.BytesIn = r.headLen
	if r.fault != nil {
		return r.fault
	}
	if len(x.Req.Upgrade) > 0 {
		r.key.Ask(&x.Req.Request)
	}
	r.h.mu.Lock()
	defer r.h.mu.Unlock()
	r.awaitEnd()
	if x.Req.Framing == http1.Chunked && r.state.ended() && r.trailers == nil {
		x.Req.WholeBody(int64(r.body.Len()))
	}
	return nil
}

// malformed logs a request that is reset instead of answered (RFC 9113, 8.1.1).
func (r *request) malformed(err *http1.Error) {
	x := r.x
	x.Reset()
	x.Record.BytesIn, x.Record.Status = r.headLen, err.Status
	x.Record.Fault = exchange.HeadFault(err)
	x.Finish()
}
