package http3

// ReadStreamType reads the type at the start of a unidirectional stream. n is how
// many bytes it takes, 0 if b does not hold all of it.
func ReadStreamType(b []byte) (t StreamType, n int) {
	v, n := readVarint(b)
	return StreamType(v), n
}

// CheckEncoder checks what a client sends on its QPACK encoder stream. With a
// dynamic table of capacity 0 all it can say is that the capacity is to be that
// (RFC 9204, 4.3.1).
func CheckEncoder(src []byte) error {
	for _, c := range src {
		if c != 0x20 {
			return ErrEncoder
		}
	}
	return nil
}

// A Decoder follows a client's QPACK decoder stream (RFC 9204, 4.4). It may tell
// of streams it has cancelled; there are no insertions it could have received
// and no sections it would have to acknowledge.
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
