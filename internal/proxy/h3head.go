package proxy

import (
	"errors"
	"io"
	"os"

	"elbow/internal/http1"
	"elbow/internal/http2"
	"elbow/internal/http3"
	"elbow/internal/socket"
)

// head reads the head, and what has come with it.
func (s *h3Stream) head() *Fault {
	x := s.x
	s.readBy(x.record.Began.Add(s.h.limits.HeadTimeout))
	defer s.headEnds()
	for {
		piece, block, n, err := s.frames.Next(x.in.rest())
		x.in.used += n
		switch {
		case err != nil:
			return s.refuse(OpHead, err)
		case piece == http3.Head:
			x.record.bytesIn = int64(x.in.used)
			return s.decode(block)
		case s.ended:
			return s.refuse(OpHead, s.frames.End(len(x.in.rest())))
		}
		if !s.mayGrow() {
			return s.refuse(OpHead, http3.ErrHeads)
		}
		x.sending.begin(nil, false)
		err = x.in.read(s)
		x.sending.end()
		if err != nil && !s.ended {
			return headFault(err)
		}
	}
}

// mayGrow reports whether the head, if it needs more room, may have it. It bounds what
// the unfinished heads of a connection take: each may be as long as any, but a client
// that begins many and ends none holds no more than a few.
func (s *h3Stream) mayGrow() bool {
	in := &s.x.in
	if in.n < len(in.b) || len(in.b) >= http1.MaxHeadBytes { // which read refuses
		return true
	}
	more := int64(min(len(in.b), http1.MaxHeadBytes-len(in.b)))
	s.headRoom += more
	return s.h.headRoom.Add(more) <= maxHeadRoom
}

// headEnds is called when the head is there, or never will be.
func (s *h3Stream) headEnds() {
	s.h.headRoom.Add(-s.headRoom)
	s.headRoom = 0
}

// decode makes the request of a field section.
func (s *h3Stream) decode(block []byte) *Fault {
	x := s.x
	var err error
	if s.arena, err = s.section.Decode(s.arena, block); err != nil {
		return s.refuse(OpHead, err)
	}
	x.in.reckon(len(x.in.b) + cap(s.arena) - arenaBytes)
	if s.section.TooLong {
		return headFault(http1.ErrHeadLength)
	}
	bodiless, f := s.awaitEnd()
	if f != nil {
		return f
	}
	if !s.allRead() {
		s.reads = true
		s.h.start.window.begin(s.h.start)
	}
	if _, err = http2.Request(&x.req, s.section.Fields, nil, bodiless); err != nil {
		if f := headFault(err); f.Status != 400 {
			return f
		}
		return s.malformed(OpHead, err)
	}
	if len(x.req.Upgrade) > 0 {
		s.key.ask(&x.req)
	}
	if f := s.measure(); f != nil {
		return f
	}
	return s.admitEarly()
}

// awaitEnd reports whether nothing follows the head. If the method is one without
// a body, as a rule, it waits for a moment to find out: a GET without one is not
// to become a GET with an empty one, in chunks. DATA frames without payload are
// nothing.
func (s *h3Stream) awaitEnd() (bodiless bool, f *Fault) {
	x := s.x
	if s.ended || !s.likelyBodiless() {
		return s.allRead(), nil
	}
	s.readBy(socket.Now().Add(s.h.limits.EndTimeout))
	for !s.ended && s.nothingYet() {
		err := x.in.read(s)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		if err != nil && err != io.EOF {
			return false, headFault(err)
		}
	}
	return s.allRead(), nil
}

// nothingYet reports whether what has come behind the head has no payload.
func (s *h3Stream) nothingYet() bool {
	frames := s.frames
	piece, _, _, err := frames.Next(s.x.in.rest())
	return piece == http3.Nothing && err == nil
}

// likelyBodiless looks at the fields before anybody knows whether they are valid.
func (s *h3Stream) likelyBodiless() bool {
	for i := range s.section.Fields {
		switch f := &s.section.Fields[i]; string(f.Name) {
		case ":method":
			if !bodilessMethod(f.Value) {
				return false
			}
		case "content-length", ":protocol":
			return false
		}
	}
	return true
}

// measure finds out how long a body is that has come as a whole with the head, so
// that the backend can be told. One of no length is whole with the head, and
// nothing of what follows may pass for a part of it.
func (s *h3Stream) measure() *Fault {
	x := s.x
	frames, rest := s.frames, x.in.rest()
	for more := len(rest) > 0; more; {
		piece, _, n, err := frames.Next(rest)
		rest = rest[n:]
		if piece == http3.Nothing && err == nil && s.ended {
			err = frames.End(len(rest))
		}
		switch {
		case err != nil:
			return s.refuse(OpHead, err)
		case piece == http3.Trailers:
			return nil // they need chunks
		}
		more = piece == http3.Body
	}
	size, length := int64(frames.Size()), x.req.Length
	switch {
	case length >= 0 && (size > length || s.ended && size < length):
		return s.malformed(OpHead, http1.ErrLengthWrong)
	case s.ended && x.req.Framing == http1.Chunked:
		x.wholeBody(size)
	}
	s.measured = length == 0 || s.ended
	return nil
}

var errReplayable = errors.New("request came before the handshake was complete, and must not be repeated")

// admitEarly lets a request that came in 0-RTT packets through only if it does no
// harm should an attacker send it again (RFC 8470): it is safe (RFC 9110, 9.2.1),
// has no body, and the backend is told.
func (s *h3Stream) admitEarly() *Fault {
	if !s.replayable {
		return nil
	}
	r := &s.x.req
	switch m := string(r.Method); {
	case m != "GET" && m != "HEAD" && m != "OPTIONS", r.Framing != http1.NoBody, len(r.Upgrade) > 0:
		return &Fault{Side: Client, Op: OpHead, Status: 425, Err: errReplayable}
	}
	for i := range r.Fields {
		if string(r.Fields[i].Name) == "early-data" {
			r.Fields[i].Hop = true
		}
	}
	r.Fields = append(r.Fields, http1.Field{Name: []byte("Early-Data"), Value: []byte("1")})
	return nil
}
