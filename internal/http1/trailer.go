package http1

import "bytes"

// readTrailers takes what src holds of the trailer section, up to its end. The
// lines are copied, as their bytes may arrive in any number of pieces and can
// be sent on only after the body.
func (b *Body) readTrailers(src []byte) (n int, err error) {
	for n < len(src) && !b.done {
		end := bytes.IndexByte(src[n:], '\n') + 1
		whole := end > 0
		if !whole {
			end = len(src) - n
		}
		if b.section += end; b.section > maxTrailerBytes {
			return n, ErrTrailerLength
		}
		b.trailers = append(b.trailers, src[n:n+end]...)
		n += end
		if whole {
			if err := b.endTrailer(); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// endTrailer checks the line at the end of b.trailers, and keeps or drops it.
func (b *Body) endTrailer() error {
	line := b.trailers[b.line:]
	if string(line) == "\r\n" {
		b.trailers = b.trailers[:b.line]
		b.done = true
		return nil
	}
	name, err := checkLine(line)
	if err != nil {
		return err
	}
	id := lookup(name)
	switch {
	case id == ContentLength || id == TransferEncoding || id == Host:
		// Framing and routing are settled before the body (RFC 9110, 6.5.1).
		// Whoever sends them here tries something.
		return ErrTrailer
	case hopByHop[id] || endToEnd[id]:
		// All that a proxy or a backend acts upon. A backend that merges
		// trailers into the head would be told there what the head was not
		// allowed to say, an X-Forwarded-For above all. Trailers may be
		// dropped (RFC 9112, 7.1.2).
		b.trailers = b.trailers[:b.line]
	}
	b.line = len(b.trailers)
	return nil
}

// checkLine checks one field line, line end included, and returns its name.
func checkLine(line []byte) (name []byte, err error) {
	i := skip(line, 0, tokenChar)
	if line[i] != ':' || i == 0 {
		return nil, nameError(line[i], i == 0)
	}
	if end := skipValue(line, i+1); line[end] != '\r' || line[end+1] != '\n' {
		return nil, valueError(line[end])
	}
	return line[:i], nil
}
