package http3

// ReadStreamType reads the type at the start of a unidirectional stream. n is its
// length, 0 if b does not hold all of it.
func ReadStreamType(b []byte) (t StreamType, n int) {
	v, n := readVarint(b)
	return StreamType(v), n
}

// CheckEncoder validates a client's QPACK encoder stream. With a dynamic table of
// capacity 0 the only valid instruction is to set the capacity to 0 (RFC 9204,
// 4.3.1).
func CheckEncoder(src []byte) error {
	for _, c := range src {
		if c != 0x20 {
			return ErrEncoder
		}
	}
	return nil
}

// A Decoder parses a client's QPACK decoder stream (RFC 9204, 4.4). It may report
// cancelled streams; there are no insertions to confirm and no sections to
// acknowledge.
type Decoder struct{ inside bool } // a number of several bytes

// Check checks the next bytes of the stream.
func (d *Decoder) Check(src []byte) error {
	for _, c := range src {
		switch {
		case d.inside:
			d.inside = c&0x80 != 0
		case c&0xc0 != 0x40:
			return ErrDecoder
		default:
			d.inside = c&0x3f == 0x3f
		}
	}
	return nil
}
