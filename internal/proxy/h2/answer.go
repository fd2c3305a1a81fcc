package h2

import (
	"errors"
	"os"

	"elbow/internal/exchange"
	"elbow/internal/http2"
	"elbow/internal/upstream"
)

// codeOf returns the error code that ends a stream whose answer is incomplete.
func codeOf(f *exchange.Fault) http2.Code {
	var reset *upstream.ResetError
	switch {
	case f == nil:
		return http2.InternalError
	case errors.As(f.Err, &reset) && (reset.Code == http2.Cancel || reset.Code == http2.EnhanceYourCalm):
		return reset.Code // of a call: the client gets the code that the backend sent
	case f.Err == upstream.ErrUnprocessed:
		return http2.RefusedStream // the client may retry as well
	case f.Side == exchange.Client && f.Op == exchange.OpHead:
		return http2.ProtocolError
	case f.Side == exchange.Client && errors.Is(f.Err, os.ErrDeadlineExceeded):
		return http2.EnhanceYourCalm
	case f.Side == exchange.Client:
		return http2.Cancel
	}
	return http2.InternalError
}

// Begin compresses the head. Blocks are independent of each other, so no lock is
// needed for it.
func (r *request) Begin(bool) (f *exchange.Fault) {
	x := r.x
	x.Framing = x.Resp.Framing
	head := x.ResponseHead()
	x.Out, f = head.AppendCoded(x.Out[:0], &exchange.HPACKHead)
	return f
}

// Deliver puts head, body and end of a small answer into the queue at once.
func (r *request) Deliver(b []byte, from, to int, last bool) *exchange.Fault {
	h, x := r.h, r.x
	var trailers []byte
	if last {
		trailers = x.Trailers
	}
	ends := last && len(trailers) == 0
	h.mu.Lock()
	defer h.mu.Unlock()
	x.Answer.HeadOut()
	r.send(headQueued)
	if len(x.Out) > 0 {
		if f := r.sendBlock(x.Out, ends && from == to); f != nil {
			return f
		}
		x.Out = x.Out[:0]
	}
	if f := r.sendData(b[from:to], ends, exchange.OpBody); f != nil {
		return f
	}
	if len(trailers) > 0 {
		x.Out = exchange.HPACKHead.AppendTrailers(x.Out, trailers)
		f := r.sendBlock(x.Out, true)
		x.Out = x.Out[:0]
		return f
	}
	return nil
}

func (r *request) Interim() *exchange.Fault {
	x := r.x
	x.Out = http2.AppendStatus(x.Out[:0], x.Resp.Status)
	head := x.ResponseHead()
	x.Out, _ = head.AppendFields(x.Out, &exchange.HPACKHead)
	r.h.mu.Lock()
	defer r.h.mu.Unlock()
	f := r.sendBlock(x.Out, false)
	x.Out = x.Out[:0]
	return f
}

// Swift is false as frames are no longer than they are.
func (r *request) Swift() bool { return false }

// BreakOff does nothing: end resets the stream.
func (r *request) BreakOff() {}
