package proxy

import (
	"os"
	"slices"

	"elbow/internal/http1"
)

// counts reports whether n more bytes, the last ones if ends, agree with the
// Content-Length (RFC 9113, 8.1.1). A body may end short of that once the answer has
// begun: several clients, curl among them, end it so when they see an error. Called
// with h.mu locked.
func (s *h2Stream) counts(n int, ends bool) bool {
	if s.left < 0 {
		return true
	}
	s.left -= int64(n)
	if s.left > 0 && ends && s.begun {
		s.short = true
		return true
	}
	return s.left >= 0 && (!ends || s.left == 0)
}

// whole reports whether all of the body has come. Called with h.mu locked.
func (s *h2Stream) whole() bool { return s.ended && !s.short }

func (s *h2Stream) early(dst []byte) (_ []byte, whole bool) {
	h := s.h
	h.mu.Lock()
	defer h.mu.Unlock()
	n := s.body.Len()
	if !s.ended || s.x.req.Framing != http1.Length || n > maxEarly {
		return dst, false
	}
	start := len(dst)
	dst = slices.Grow(dst, n)[:start+n]
	s.body.Take(dst[start:])
	s.reckon()
	h.drained(s, n)
	s.x.record.bytesIn += int64(n)
	return dst, true
}

// pass gives the client more window only for what the backend has taken.
func (s *h2Stream) pass(u *upload) *Fault {
	h, x := s.h, s.x
	for {
		h.mu.Lock()
		if f := s.awaitBody(); f != nil {
			h.mu.Unlock()
			return f
		}
		u.flow.open()
		n := s.body.Take(u.flow.space())
		s.reckon()
		last, trailers := s.whole() && s.body.Len() == 0, s.trailers
		h.mu.Unlock()
		x.record.bytesIn += int64(n)
		if last {
			u.complete.Store(true) // before the backend can answer to the last byte
		}
		if u.sendErr == nil {
			u.sendErr = u.send(headRoom, headRoom+n, last, trailers)
		}
		u.flow.drop()
		h.mu.Lock()
		h.drained(s, n)
		h.mu.Unlock()
		if last {
			u.cut = u.sendErr != nil
			return nil
		}
	}
}

// awaitBody waits until there is something of the body, or its end. Called with
// h.mu locked.
func (s *h2Stream) awaitBody() *Fault {
	for {
		switch {
		case s.cancelled.Load():
			return clientGone(OpSend)
		case s.refused || s.stopped:
			return &Fault{Side: Client, Op: OpSend, Status: 400, Err: errBodyUnwanted}
		case s.tooLong:
			return bodyFault(http1.ErrTrailerLength)
		case s.body.Len() > 0 || s.whole():
			return nil
		}
		s.x.stalls(&s.x.sending, s.x.quiet())
		roused := s.in.Wait(&s.h.mu, s.x.bodyPatience())
		if f := s.x.flows(&s.x.sending, OpSend); f != nil {
			return f
		}
		if !roused && s.body.Len() == 0 && !s.ended {
			return &Fault{Side: Client, Op: OpSend, Status: 408, Err: os.ErrDeadlineExceeded}
		}
	}
}

func (s *h2Stream) interrupt() {
	s.h.mu.Lock()
	s.stopped = true
	s.h.mu.Unlock()
	s.in.Signal()
}
