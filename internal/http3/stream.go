package http3

import "elbow/internal/http1"

// A Stream parses a request stream: HEADERS, then any number of DATA, then
// optional HEADERS with trailers, and frames of unknown types anywhere (RFC 9114,
// 4.1). It holds no payload: the slices it returns alias those it is given. The
// zero value is at the start of a stream.
type Stream struct {
	seen   Piece     // the last piece
	inside bool      // in the payload of a frame
	frame  FrameType // type of that frame
	left   uint64    // remaining bytes of its payload
	size   uint64    // payload of all DATA frames so far
}

// A Piece is a part of a request stream.
type Piece uint8

const (
	Nothing  Piece = iota // more bytes are needed
	Head                  // the field section of the request
	Body                  // a part of the body
	Trailers              // the field section after the body
)

// Size is the length of the body so far, according to the headers of the DATA
// frames: a body that exceeds its Content-Length is detected before it is passed
// on.
func (s *Stream) Size() uint64 { return s.size }

// Next takes the next piece off src, which holds the bytes read after those
// consumed so far. n is the number of bytes of src that are consumed. A field
// section is returned whole; Need is the number of bytes src must have for it. A
// section over the limit is an *http1.Error, any other error an *Error.
func (s *Stream) Next(src []byte) (piece Piece, payload []byte, n int, err error) {
	for {
		if !s.inside {
			t, length, m := nextFrame(src[n:])
			if m == 0 {
				return Nothing, nil, n, nil
			}
			if err := s.enter(t, length); err != nil {
				return Nothing, nil, n, err
			}
			n += m
		}
		here := int(min(uint64(len(src)-n), s.left))
		if s.frame == Headers && uint64(here) < s.left {
			return Nothing, nil, n, nil
		}
		payload = src[n : n+here : n+here]
		n += here
		s.left -= uint64(here)
		s.inside = s.left > 0
		if piece = s.piece(); piece == Body && here > 0 || piece == Head || piece == Trailers {
			return piece, payload, n, nil
		}
		if s.inside {
			return Nothing, nil, n, nil
		}
	}
}

// piece updates and returns the kind of piece that the frame s is in, or has just
// left, holds.
func (s *Stream) piece() Piece {
	switch {
	case s.frame == Data:
		s.seen = Body
	case s.frame != Headers:
		return Nothing
	case s.seen == Nothing:
		s.seen = Head
	default:
		s.seen = Trailers
	}
	return s.seen
}

// enter begins a frame, if it may come here.
func (s *Stream) enter(t FrameType, length uint64) error {
	switch t {
	case Headers:
		if s.seen == Trailers {
			return ErrUnexpected
		}
		if s.seen == Nothing && length > MaxBlockBytes {
			return http1.ErrHeadLength
		}
		if s.seen != Nothing && length > MaxBlockBytes {
			return http1.ErrTrailerLength
		}
	case Data:
		if s.seen == Nothing || s.seen == Trailers {
			return ErrUnexpected
		}
		if s.size += length; s.size > maxVarint {
			return ErrFrame
		}
	case CancelPush, Settings, PushPromise, GoAway, MaxPushID:
		return ErrUnexpected
	default:
		if t.fromHTTP2() {
			return ErrUnexpected
		}
	}
	s.inside, s.frame, s.left = true, t, length
	return nil
}

// Need is the total length of the field section that Next waits for, 0 if it
// waits for none.
func (s *Stream) Need() int {
	if s.inside && s.frame == Headers {
		return int(s.left)
	}
	return 0
}

// End returns what the end of the stream at this point means. unread is the
// number of bytes that Next has not consumed.
func (s *Stream) End(unread int) error {
	switch {
	case s.inside || unread > 0:
		return ErrFrame
	case s.seen == Nothing:
		return ErrIncomplete
	}
	return nil
}
