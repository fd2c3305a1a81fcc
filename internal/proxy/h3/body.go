package h3

import (
	"io"

	"elbow/internal/buffer"
	"elbow/internal/exchange"
	"elbow/internal/http1"
	"elbow/internal/http2"
	"elbow/internal/http3"
	"elbow/internal/socket"
)

func (r *request) Early(dst []byte) (_ []byte, whole bool) {
	if !r.measured {
		return dst, false
	}
	in := &r.x.In
	for piece := http3.Body; piece == http3.Body; {
		var payload []byte
		var n int
		piece, payload, n, _ = r.frames.Next(in.Rest()) // measure has checked for errors
		in.Used += n
		r.x.Record.BytesIn += int64(n)
		dst = append(dst, payload...)
	}
	return dst, true
}

// Pass reads no more than the backend accepts; QUIC flow control throttles the client.
func (r *request) Pass(u *exchange.Upload) *exchange.Fault {
	var trailers []byte // the end of the stream may come after them
	for {
		if f := r.take(u); f != nil {
			return f
		}
		to, lines, f := r.unframe(u)
		if f != nil {
			return f
		}
		if lines != nil {
			trailers = lines
		}
		last := r.allRead()
		if last {
			u.Complete.Store(true) // before the backend can answer to the last byte
		}
		if u.SendErr == nil && (last || to > exchange.HeadRoom) {
			u.SendErr = u.Send(exchange.HeadRoom, to, last, trailers)
		}
		if last {
			u.Cut = u.SendErr != nil
			return nil
		}
		u.Flow.Drop()
	}
}

// take brings a piece of the stream into the flow: what came with the head first,
// and the start of a frame that was there before.
func (s *stream) take(u *exchange.Upload) *exchange.Fault {
	in := &s.x.In
	waits := len(in.Rest()) == 0 && !s.ended
	if waits {
		s.readBy(socket.Now().Add(s.x.Req.BodyPatience(&s.h.Limits)))
		if s.halted.Load() { // before readBy, perhaps
			return &exchange.Fault{Side: exchange.Client, Op: exchange.OpSend, Status: 400, Err: exchange.ErrBodyUnwanted}
		}
		s.x.Sending.Begin(s.x.Req.Quiet())
		err := s.await() // without a buffer
		if f := s.x.Sending.Done(exchange.OpSend); f != nil {
			return f
		}
		if err != nil {
			return exchange.BodyFault(err)
		}
	}
	u.Flow.Long = s.frames.Need() > buffer.Bytes/2 // trailers are taken whole
	u.Flow.Open()
	u.Flow.W += copy(u.Flow.Space(), s.rest)
	n := 0
	if waits {
		var err error
		if n, err = s.Read(u.Flow.Space()); n == 0 && err != io.EOF {
			return exchange.BodyFault(err)
		}
	} else {
		n = copy(u.Flow.Space(), in.Rest())
		in.Used += n
	}
	u.Flow.W += n
	s.x.Record.BytesIn += int64(n)
	return nil
}

// unframe leaves of what is in the flow the payload, from headRoom to to. What is
// not whole goes to s.rest.
func (s *stream) unframe(u *exchange.Upload) (to int, trailers []byte, f *exchange.Fault) {
	b := u.Flow.Buf.B
	src := u.Flow.Left()
	to = exchange.HeadRoom
	for {
		piece, payload, n, err := s.frames.Next(src)
		src = src[n:]
		switch {
		case err != nil:
			return to, nil, s.refuse(exchange.OpSend, err)
		case s.x.Req.Length >= 0 && int64(s.frames.Size()) > s.x.Req.Length:
			return to, nil, s.malformed(exchange.OpSend, http1.ErrLengthWrong)
		case piece == http3.Body:
			to += copy(b[to:], payload)
			continue
		case piece == http3.Trailers:
			if trailers, f = s.trailers(payload); f != nil {
				return to, nil, f
			}
			continue
		}
		s.rest = append(s.rest[:0], src...)
		if s.allRead() {
			f = s.checkEnd()
		}
		return to, trailers, f
	}
}

// allRead reports whether nothing of the stream is still to be looked at, but
// what is in s.rest.
func (s *stream) allRead() bool { return s.ended && len(s.x.In.Rest()) == 0 }

// checkEnd tells whether the request may end here.
func (s *stream) checkEnd() *exchange.Fault {
	if err := s.frames.End(len(s.rest)); err != nil {
		return s.refuse(exchange.OpSend, err)
	}
	switch length := s.x.Req.Length; {
	case length < 0 || int64(s.frames.Size()) == length:
		return nil
	case s.x.Upload.Answered.Load():
		return exchange.BodyFault(io.EOF)
	}
	return s.malformed(exchange.OpSend, http1.ErrLengthWrong)
}

// trailers decodes a trailer section to lines of HTTP/1.1.
func (s *stream) trailers(block []byte) ([]byte, *exchange.Fault) {
	var section http3.Section
	if _, err := section.Decode(nil, block); err != nil {
		return nil, s.refuse(exchange.OpSend, err)
	}
	if section.TooLong {
		return nil, exchange.BodyFault(http1.ErrTrailerLength)
	}
	lines, err := http2.AppendTrailers(nil, section.Fields, false)
	if err != nil {
		if f := exchange.BodyFault(err); f.Status != 400 {
			return nil, f
		}
		return nil, s.malformed(exchange.OpSend, err)
	}
	return lines, nil
}

// Interrupt tells the client to stop if that is all that is left to tell it, as of
// a tunnel. What is left of a body, end sees to.
func (r *request) Interrupt() {
	if r.x.Answer.Switched() {
		r.stopSending()
		return
	}
	r.halted.Store(true)
	r.readBy(socket.Now())
}

// discard reads and discards the rest of a request that has been answered, so that a
// client which sends all of it before it reads gets to the answer. After a while it
// asks the client to stop; see discard in package h2.
func (s *stream) discard() {
	for ends := socket.Now().Add(exchange.DiscardTimeout); !s.ended; {
		s.readBy(min(socket.Now().Add(s.h.Limits.LingerTimeout), ends))
		if err := s.await(); err != nil { // without a buffer
			break
		}
		b := buffer.Take()
		_, err := s.Read(b.B[:])
		b.Release()
		if err != nil {
			break
		}
	}
}
