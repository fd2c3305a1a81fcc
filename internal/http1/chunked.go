package http1

// A chunkState is the position of the next byte in the chunked coding (RFC 9112,
// 7.1).
type chunkState uint8

const (
	inSize       chunkState = iota // the digits of a chunk size
	inSpace                        // white space between size and extension
	inExtension                    // after the ";"
	inSizeEnd                      // after the CR of the size line
	inPayload                      // chunk data
	inPayloadEnd                   // after the chunk data
	inChunkEnd                     // after the CR that follows chunk data
	inTrailers                     // the trailer section
)

// nextChunk is Next for the chunked coding. It continues after the payload as far
// as it can, so that a complete chunk takes one call, the last one included.
func (b *Body) nextChunk(src []byte) (payload []byte, n int, err error) {
	for n < len(src) && !b.done {
		switch b.state {
		case inPayload:
			if payload != nil {
				return payload, n, nil
			}
			size := int(min(int64(len(src)-n), b.left))
			payload = src[n : n+size : n+size]
			n += size
			if b.left -= int64(size); b.left == 0 {
				b.state = inPayloadEnd
			}
		case inTrailers:
			var read int
			read, err = b.readTrailers(src[n:])
			n += read
		default:
			err = b.step(src[n])
			n++
		}
		if err != nil {
			return nil, n, err
		}
	}
	return payload, n, nil
}

// step consumes one byte of the coding between payloads.
func (b *Body) step(c byte) error {
	switch b.state {
	case inSize:
		return b.stepSize(c)
	case inSpace, inExtension:
		return b.stepExtension(c)
	case inSizeEnd:
		if c != '\n' {
			return ErrBareCR
		}
		b.left = b.size
		b.state = inPayload
		if b.size == 0 {
			b.state = inTrailers
		}
		b.size, b.digits, b.extended = 0, 0, 0
	case inPayloadEnd:
		if c != '\r' {
			return ErrChunkEnd
		}
		b.state = inChunkEnd
	case inChunkEnd:
		if c != '\n' {
			return ErrBareCR
		}
		b.state = inSize
	}
	return nil
}

// hexDigits maps each hexadecimal digit to its value.
var hexDigits = hexTable()

func hexTable() (t [256]uint8) {
	for i := range uint8(16) {
		t["0123456789abcdef"[i]], t["0123456789ABCDEF"[i]] = i, i
	}
	return t
}

// stepSize consumes one byte of a chunk size or the byte after it.
func (b *Body) stepSize(c byte) error {
	if classes[c]&hexChar != 0 {
		if b.digits++; b.digits > maxSizeDigits || b.size > (1<<63-1)>>4 {
			return ErrChunkSize
		}
		b.size = b.size<<4 | int64(hexDigits[c])
		return nil
	}
	if b.digits == 0 {
		return ErrChunkSize
	}
	switch c {
	case '\r':
		b.state = inSizeEnd
	case ';':
		b.state = inExtension
	case ' ', '\t':
		b.state = inSpace
	case '\n':
		return ErrBareLF
	default:
		return ErrChunkSize
	}
	return nil
}

// stepExtension consumes one byte of chunk extensions, which are dropped (RFC
// 9112, 7.1.1). White space is allowed only before one.
func (b *Body) stepExtension(c byte) error {
	if b.extended++; b.extended > freeExtensionBytes {
		if b.budget--; b.budget < 0 {
			return ErrChunkOverhead
		}
	}
	switch {
	case b.state == inSpace && c == ';':
		b.state = inExtension
	case b.state == inSpace && c != ' ' && c != '\t':
		return ErrChunkSize
	case c == '\r':
		b.state = inSizeEnd
	case c == '\n':
		return ErrBareLF
	case classes[c]&valueChar == 0:
		return ErrChunkExtension
	}
	return nil
}
