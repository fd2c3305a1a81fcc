package proxy

import (
	"io"

	"elbow/internal/buffer"
	"elbow/internal/http1"
	"elbow/internal/http2"
	"elbow/internal/http3"
	"elbow/internal/socket"
)

func (s *h3Stream) early(dst []byte) (_ []byte, whole bool) {
	if !s.measured {
		return dst, false
	}
	in := &s.x.in
	for piece := http3.Body; piece == http3.Body; {
		var payload []byte
		var n int
		piece, payload, n, _ = s.frames.Next(in.rest()) // has been tried by measure
		in.used += n
		s.x.record.bytesIn += int64(n)
		dst = append(dst, payload...)
	}
	return dst, true
}

// pass reads no more than the backend takes; QUIC's windows tell the client.
func (s *h3Stream) pass(u *upload) *Fault {
	var trailers []byte // the end of the stream may come after them
	for {
		if f := s.take(u); f != nil {
			return f
		}
		to, lines, f := s.unframe(u)
		if f != nil {
			return f
		}
		if lines != nil {
			trailers = lines
		}
		last := s.allRead()
		if last {
			u.complete.Store(true) // before the backend can answer to the last byte
		}
		if u.sendErr == nil && (last || to > headRoom) {
			u.sendErr = u.send(headRoom, to, last, trailers)
		}
		if last {
			u.cut = u.sendErr != nil
			return nil
		}
		u.flow.drop()
	}
}

// take brings a piece of the stream into the flow: what came with the head first,
// and the start of a frame that was there before.
func (s *h3Stream) take(u *upload) *Fault {
	in := &s.x.in
	waits := len(in.rest()) == 0 && !s.ended
	if waits {
		s.readBy(socket.Now().Add(s.x.bodyPatience()))
		if s.halted.Load() { // before readBy, perhaps
			return &Fault{Side: Client, Op: OpSend, Status: 400, Err: errBodyUnwanted}
		}
		s.x.stalls(&s.x.sending, s.x.quiet())
		err := s.await() // without a buffer
		if f := s.x.flows(&s.x.sending, OpSend); f != nil {
			return f
		}
		if err != nil {
			return bodyFault(err)
		}
	}
	u.flow.long = s.frames.Need() > buffer.Bytes/2 // trailers are taken whole
	u.flow.open()
	u.flow.w += copy(u.flow.space(), s.rest)
	n := 0
	if waits {
		var err error
		if n, err = s.Read(u.flow.space()); n == 0 && err != io.EOF {
			return bodyFault(err)
		}
	} else {
		n = copy(u.flow.space(), in.rest())
		in.used += n
	}
	u.flow.w += n
	s.x.record.bytesIn += int64(n)
	return nil
}

// unframe leaves of what is in the flow the payload, from headRoom to to. What is
// not whole goes to s.rest.
func (s *h3Stream) unframe(u *upload) (to int, trailers []byte, f *Fault) {
	b := u.flow.buf.B
	src := u.flow.left()
	to = headRoom
	for {
		piece, payload, n, err := s.frames.Next(src)
		src = src[n:]
		switch {
		case err != nil:
			return to, nil, s.refuse(OpSend, err)
		case s.x.req.Length >= 0 && int64(s.frames.Size()) > s.x.req.Length:
			return to, nil, s.malformed(OpSend, http1.ErrLengthWrong)
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
func (s *h3Stream) allRead() bool { return s.ended && len(s.x.in.rest()) == 0 }

// checkEnd tells whether the request may end here.
func (s *h3Stream) checkEnd() *Fault {
	if err := s.frames.End(len(s.rest)); err != nil {
		return s.refuse(OpSend, err)
	}
	if length := s.x.req.Length; length >= 0 && int64(s.frames.Size()) != length {
		return s.malformed(OpSend, http1.ErrLengthWrong)
	}
	return nil
}

// trailers decodes a trailer section to lines of HTTP/1.1.
func (s *h3Stream) trailers(block []byte) ([]byte, *Fault) {
	var section http3.Section
	if _, err := section.Decode(nil, block); err != nil {
		return nil, s.refuse(OpSend, err)
	}
	if section.TooLong {
		return nil, bodyFault(http1.ErrTrailerLength)
	}
	lines, err := http2.AppendTrailers(nil, section.Fields, false)
	if err != nil {
		if f := bodyFault(err); f.Status != 400 {
			return nil, f
		}
		return nil, s.malformed(OpSend, err)
	}
	return lines, nil
}

// interrupt tells the client to stop if that is all that is left to tell it, as of
// a tunnel. What is left of a body, end sees to.
func (s *h3Stream) interrupt() {
	if s.x.record.status == 101 {
		s.stopSending()
		return
	}
	s.halted.Store(true)
	s.readBy(socket.Now())
}

// discard throws away what still comes of a request that has been answered, so that
// a client which sends all of it before it reads finds the answer, and asks it to
// stop after a while; see h2Conn.discard.
func (s *h3Stream) discard() {
	for ends := socket.Now().Add(discardTimeout); !s.ended; {
		s.readBy(min(socket.Now().Add(s.h.limits.LingerTimeout), ends))
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
