package h2

import (
	"io"
	"os"
	"slices"

	"elbow/internal/exchange"
	"elbow/internal/http1"
)

// counts reports whether n more bytes, the last ones if ends, agree with the
// Content-Length (RFC 9113, 8.1.1). After the answer has begun, a body may be shorter:
// several clients, curl among them, stop sending when they see an error. h.mu must be
// locked.
func (s *stream) counts(n int, ends bool) bool {
	if s.left < 0 {
		return true
	}
	s.left -= int64(n)
	if s.left > 0 && ends && s.state.begun() {
		return true
	}
	return s.left >= 0 && (!ends || s.left == 0)
}

// whole reports whether all of the body has been received. h.mu must be locked.
func (s *stream) whole() bool { return s.state.in == received }

func (r *request) Early(dst []byte) (_ []byte, whole bool) {
	h := r.h
	h.mu.Lock()
	defer h.mu.Unlock()
	n := r.body.Len()
	if !r.state.ended() || r.x.Req.Framing != http1.Length || n > exchange.MaxEarly {
		return dst, false
	}
	start := len(dst)
	dst = slices.Grow(dst, n)[:start+n]
	r.body.Take(dst[start:])
	r.reckon()
	h.drained(&r.stream, n)
	r.x.Record.BytesIn += int64(n)
	return dst, true
}

// Pass extends the client's window only by what the backend has accepted.
func (r *request) Pass(u *exchange.Upload) *exchange.Fault {
	h, x := r.h, r.x
	for {
		h.mu.Lock()
		if f := r.awaitBody(); f != nil {
			h.mu.Unlock()
			return f
		}
		u.Flow.Open()
		n := r.body.Take(u.Flow.Space())
		r.reckon()
		last, trailers := r.whole() && r.body.Len() == 0, r.trailers
		h.mu.Unlock()
		x.Record.BytesIn += int64(n)
		if last {
			u.Complete.Store(true) // before the backend can answer the last byte
		}
		if u.SendErr == nil {
			u.SendErr = u.Send(exchange.HeadRoom, exchange.HeadRoom+n, last, trailers)
		}
		u.Flow.Drop()
		h.mu.Lock()
		h.drained(&r.stream, n)
		h.mu.Unlock()
		if last {
			u.Cut = u.SendErr != nil
			return nil
		}
	}
}

// awaitBody waits for a part of the body, or its end. h.mu must be locked.
func (s *stream) awaitBody() *exchange.Fault {
	for {
		switch {
		case s.cancelled.Load():
			return exchange.ClientGone(exchange.OpSend)
		case s.stopped || s.state.in == discarding:
			return &exchange.Fault{Side: exchange.Client, Op: exchange.OpSend, Status: 400, Err: exchange.ErrBodyUnwanted}
		case s.state.in == overlong:
			return exchange.BodyFault(http1.ErrTrailerLength)
		case s.body.Len() > 0 || s.whole():
			return nil
		case s.state.in == cutShort:
			return exchange.BodyFault(io.EOF)
		}
		s.x.Sending.Begin(s.x.Req.Quiet())
		roused := s.in.Wait(&s.h.mu, s.x.Req.BodyPatience(&s.h.Limits))
		if f := s.x.Sending.Done(exchange.OpSend); f != nil {
			return f
		}
		if !roused && s.body.Len() == 0 && !s.state.ended() {
			return &exchange.Fault{Side: exchange.Client, Op: exchange.OpSend, Status: 408, Err: os.ErrDeadlineExceeded}
		}
	}
}

func (r *request) Interrupt() {
	r.h.mu.Lock()
	r.stopped = true
	r.h.mu.Unlock()
	r.in.Signal()
}
