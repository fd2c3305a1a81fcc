package h3

import (
	"errors"
	"io"
	"os"

	"elbow/internal/exchange"
	"elbow/internal/http1"
	"elbow/internal/http2"
	"elbow/internal/http3"
	"elbow/internal/socket"
)

// Head reads the head and what has come with it.
func (r *request) Head() *exchange.Fault {
	x := r.x
	r.readBy(x.Record.Began.Add(r.h.Limits.HeadTimeout))
	defer r.headEnds()
	for {
		piece, block, n, err := r.frames.Next(x.In.Rest())
		x.In.Used += n
		switch {
		case err != nil:
			return r.refuse(exchange.OpHead, err)
		case piece == http3.Head:
			x.Record.BytesIn = int64(x.In.Used)
			return r.decode(block)
		case r.ended:
			return r.refuse(exchange.OpHead, r.frames.End(len(x.In.Rest())))
		}
		if !r.mayGrow() {
			return r.refuse(exchange.OpHead, http3.ErrHeads)
		}
		x.Sending.Begin(false)
		err = x.In.Read(&r.stream)
		x.Sending.End()
		if err != nil && !r.ended {
			return exchange.HeadFault(err)
		}
	}
}

// mayGrow reports whether the head may take more memory, if it needs more. It limits
// the memory of a connection's unfinished heads: each may have the maximum length, but
// a client that begins many and ends none is stopped after a few.
func (s *stream) mayGrow() bool {
	in := &s.x.In
	if in.N < len(in.B) || len(in.B) >= http1.MaxHeadBytes { // Read refuses the latter
		return true
	}
	more := int64(min(len(in.B), http1.MaxHeadBytes-len(in.B)))
	s.headRoom += more
	return s.h.headRoom.Add(more) <= MaxHeadRoom
}

// headEnds releases the allowance of mayGrow when the head is complete or has failed.
func (s *stream) headEnds() {
	s.h.headRoom.Add(-s.headRoom)
	s.headRoom = 0
}

// decode decodes a field section into the request.
func (s *stream) decode(block []byte) *exchange.Fault {
	x := s.x
	var err error
	if s.arena, err = s.section.Decode(s.arena, block); err != nil {
		return s.refuse(exchange.OpHead, err)
	}
	x.In.Reckon(len(x.In.B) + cap(s.arena) - exchange.ArenaBytes)
	if s.section.TooLong {
		return exchange.HeadFault(http1.ErrHeadLength)
	}
	bodiless, f := s.awaitEnd()
	if f != nil {
		return f
	}
	if !s.allRead() {
		s.reads = true
		s.h.window.begin(&s.h.Memory)
	}
	if _, err = http2.Request(&x.Req.Request, s.section.Fields, nil, bodiless); err != nil {
		if f := exchange.HeadFault(err); f.Status != 400 {
			return f
		}
		return s.malformed(exchange.OpHead, err)
	}
	if len(x.Req.Upgrade) > 0 {
		s.key.Ask(&x.Req.Request)
	}
	if f := s.measure(); f != nil {
		return f
	}
	if s.replayable {
		return admitEarly(&x.Req.Request)
	}
	return nil
}

// awaitEnd reports whether nothing follows the head. For a method that usually has no
// body it waits briefly to find out: a GET without a body must not be forwarded with
// an empty chunked one. DATA frames without payload are ignored.
func (s *stream) awaitEnd() (bodiless bool, f *exchange.Fault) {
	x := s.x
	if s.ended || !likelyBodiless(&s.section) {
		return s.allRead(), nil
	}
	s.readBy(socket.Now().Add(s.h.Limits.EndTimeout))
	for !s.ended && s.nothingYet() {
		err := x.In.Read(s)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		if err != nil && err != io.EOF {
			return false, exchange.HeadFault(err)
		}
	}
	return s.allRead(), nil
}

// nothingYet reports whether what has arrived after the head has no payload.
func (s *stream) nothingYet() bool {
	frames := s.frames
	piece, _, _, err := frames.Next(s.x.In.Rest())
	return piece == http3.Nothing && err == nil
}

// likelyBodiless reports whether a request with this head usually has no body. The fields
// have not been validated yet.
func likelyBodiless(head *http3.Section) bool {
	for i := range head.Fields {
		switch f := &head.Fields[i]; string(f.Name) {
		case ":method":
			if !exchange.BodilessMethod(f.Value) {
				return false
			}
		case "content-length", ":protocol":
			return false
		}
	}
	return true
}

// measure determines the length of a body that has arrived completely with the head,
// so that the backend gets a Content-Length. A body of length 0 is complete with the
// head, and nothing that follows may be treated as a part of it.
func (s *stream) measure() *exchange.Fault {
	x := s.x
	frames, rest := s.frames, x.In.Rest()
	for more := len(rest) > 0; more; {
		piece, _, n, err := frames.Next(rest)
		rest = rest[n:]
		if piece == http3.Nothing && err == nil && s.ended {
			err = frames.End(len(rest))
		}
		switch {
		case err != nil:
			return s.refuse(exchange.OpHead, err)
		case piece == http3.Trailers:
			return nil // trailers need chunked coding
		}
		more = piece == http3.Body
	}
	size, length := int64(frames.Size()), x.Req.Length
	switch {
	case length >= 0 && (size > length || s.ended && size < length):
		return s.malformed(exchange.OpHead, http1.ErrLengthWrong)
	case s.ended && x.Req.Framing == http1.Chunked:
		x.Req.WholeBody(size)
	}
	s.measured = length == 0 || s.ended
	return nil
}

var errReplayable = errors.New("request came before the handshake was complete, and must not be repeated")

// admitEarly accepts a request in 0-RTT packets only if a replay by an attacker does
// no harm (RFC 8470): it is safe (RFC 9110, 9.2.1), has no body, and the backend is
// informed by Early-Data.
func admitEarly(r *http1.Request) *exchange.Fault {
	switch m := string(r.Method); {
	case m != "GET" && m != "HEAD" && m != "OPTIONS", r.Framing != http1.NoBody, len(r.Upgrade) > 0:
		return &exchange.Fault{Side: exchange.Client, Op: exchange.OpHead, Status: 425, Err: errReplayable}
	}
	for i := range r.Fields {
		if string(r.Fields[i].Name) == "early-data" {
			r.Fields[i].Hop = true
		}
	}
	r.Fields = append(r.Fields, http1.Field{Name: []byte("Early-Data"), Value: []byte("1")})
	return nil
}
