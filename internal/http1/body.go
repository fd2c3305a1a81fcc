package http1

// A Body finds the end of a message body in the bytes read from a connection, and
// removes its chunked coding. It holds no payload: the slices it returns alias
// those it is given. Reset must be called before first use.
type Body struct {
	framing  Framing
	response bool // of a response, not of a request
	state    chunkState
	done     bool
	left     int64 // remaining bytes of the body, or of the chunk
	size     int64 // chunk size read so far
	digits   int   // of the chunk size
	extended int   // bytes of this chunk's extensions
	budget   int   // remaining bytes for extensions beyond the free ones
	trailers []byte
	line     int // start of the unfinished line in trailers
	section  int // bytes of the trailer section, dropped ones included
}

// Reset prepares b for the body of a request of the given framing; length is used
// only if that is Length.
func (b *Body) Reset(f Framing, length int64) {
	trailers := b.trailers[:0]
	if cap(trailers) > keptTrailerBytes {
		trailers = nil
	}
	*b = Body{framing: f, budget: maxExtensionBytes, trailers: trailers}
	switch f {
	case NoBody:
		b.done = true
	case Length:
		b.left = length
		b.done = length <= 0
	}
}

// ResetResponse is Reset for the body of a response. Disallowed trailer fields
// are dropped from a response, where a request with them is refused: the client
// has received the rest of the message already.
func (b *Body) ResetResponse(f Framing, length int64) {
	b.Reset(f, length)
	b.response = true
}

// Done reports whether the body is complete. The bytes after it belong to the
// next message.
func (b *Body) Done() bool { return b.done }

// Left is the number of bytes of payload that are certain to follow: of the body
// if its Content-Length is known, else of the current chunk.
func (b *Body) Left() int64 { return b.left }

// End returns what the end of the connection means at this point: nil if the body
// is complete or ends with the connection, else ErrTruncated (RFC 9112, 8).
func (b *Body) End() error {
	if b.done || b.framing == UntilClose {
		b.done = true
		return nil
	}
	return ErrTruncated
}

// Next takes the next piece off src, which holds the bytes read after those
// consumed so far. payload is a piece of the body, a slice of src; n is the
// number of bytes of src that are consumed, payload and coding. Without payload
// either the body is Done or src, all of it consumed, was not enough. Any error is
// an *Error and final.
func (b *Body) Next(src []byte) (payload []byte, n int, err error) {
	switch {
	case b.done:
		return nil, 0, nil
	case b.framing == Chunked:
		return b.nextChunk(src)
	case b.framing == UntilClose:
		return src, len(src), nil
	}
	n = int(min(int64(len(src)), b.left))
	b.left -= int64(n)
	b.done = b.left == 0
	return src[:n], n, nil
}

// Trailers returns the trailer section of a chunked body that is Done, as field
// lines with their line ends but without the final empty line, and without
// hop-by-hop and disallowed fields. The slice is valid until Reset.
func (b *Body) Trailers() []byte {
	if !b.done {
		return nil
	}
	return b.trailers
}
