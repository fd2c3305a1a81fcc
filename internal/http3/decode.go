package http3

import "elbow/internal/http2"

// A Section is a field section decoded (RFC 9204, 4.5). The zero value is ready
// for use; one that is used again reuses its slice.
type Section struct {
	// Fields are good until the next Decode and as long as the bytes of its
	// arena stay where they are. Pseudo-header fields are among them.
	Fields []http2.Field

	// TooLong tells that there were more than MaxListBytes. Fields are those
	// before the limit was met.
	TooLong bool

	size int
}

// overhead is what a field counts in a section beyond its text (RFC 9114,
// 4.2.2).
const overhead = 32

// Decode decodes one block. The client has been told that there is no dynamic
// table, so that no block depends on another. What is not in the static table is
// copied to arena, behind what is there, and what Decode returns is arena with
// that; where it did not fit, it is a new one, and Fields may lie in several.
//
// Any error ends the connection: ErrCompression, or ErrBomb for a section that is
// so much too long that only a bomb can be.
func (s *Section) Decode(arena, block []byte) ([]byte, error) {
	s.TooLong, s.size = false, 0
	if cap(s.Fields) > maxFields {
		s.Fields = nil
	}
	s.Fields = s.Fields[:0]
	// Required Insert Count and Delta Base, with its sign, must both be 0 where
	// nothing can have been inserted (RFC 9204, 4.5.1).
	if len(block) < 2 || block[0] != 0 || block[1]&0x80 != 0 {
		return arena, ErrCompression
	}
	_, block, ok := readInt(block[1:], 7)
	for ok && len(block) > 0 {
		var f http2.Field
		if arena, f, block, ok = decodeField(arena, block); !ok {
			break
		}
		if s.take(f); s.size > maxBombBytes {
			return arena, ErrBomb
		}
	}
	if !ok {
		return arena, ErrCompression
	}
	return arena, nil
}

// take adds a field to the section, if it has room.
func (s *Section) take(f http2.Field) {
	if s.size += len(f.Name) + len(f.Value) + overhead; s.size > MaxListBytes {
		s.TooLong = true
		return
	}
	s.Fields = append(s.Fields, f)
}

// decodeField decodes one field line (RFC 9204, 4.5.2, 4.5.4 and 4.5.6). Lines
// that refer to the dynamic table are in error.
func decodeField(arena, block []byte) (_ []byte, f http2.Field, rest []byte, ok bool) {
	var i int
	switch first := block[0]; {
	case first&0xc0 == 0xc0: // indexed
		if i, block, ok = readInt(block, 6); !ok || i >= len(statics) {
			return arena, f, nil, false
		}
		return arena, statics[i], block, true
	case first&0xd0 == 0x50: // literal with a name of the table
		if i, block, ok = readInt(block, 4); !ok || i >= len(statics) {
			return arena, f, nil, false
		}
		f.Name = statics[i].Name
	case first&0xe0 == 0x20: // literal
		if arena, f.Name, block, ok = readString(arena, block, 3); !ok {
			return arena, f, nil, false
		}
	default:
		return arena, f, nil, false
	}
	arena, f.Value, block, ok = readString(arena, block, 7)
	return arena, f, block, ok
}

// readInt reads an integer with a prefix of bits (RFC 9204, 4.1.1). Nothing in a
// block of a sensible length needs more than 28 bits beyond it.
func readInt(b []byte, bits uint) (n int, rest []byte, ok bool) {
	if len(b) == 0 {
		return 0, nil, false
	}
	full := 1<<bits - 1
	n = int(b[0]) & full
	b = b[1:]
	if n < full {
		return n, b, true
	}
	for shift := 0; shift <= 21; shift += 7 {
		if len(b) == 0 {
			return 0, nil, false
		}
		c := b[0]
		b = b[1:]
		n += int(c&0x7f) << shift
		if c&0x80 == 0 {
			return n, b, true
		}
	}
	return 0, nil, false
}

// readString reads a string literal whose length has a prefix of bits, behind
// the bit that tells whether it is Huffman-coded, into arena (RFC 9204, 4.1.2).
func readString(arena, b []byte, bits uint) (_, s, rest []byte, ok bool) {
	if len(b) == 0 {
		return arena, nil, nil, false
	}
	coded := b[0]>>bits&1 != 0
	n, b, ok := readInt(b, bits)
	if !ok || n > len(b) {
		return arena, nil, nil, false
	}
	size := n
	if coded {
		size = n*8/5 + 1 // the shortest codes have 5 bits
	}
	if cap(arena)-len(arena) < size {
		arena = make([]byte, 0, max(size, 2*cap(arena))) // what lies in the old one stays there
	}
	start := len(arena)
	if coded {
		arena, ok = http2.AppendHuffman(arena, b[:n])
	} else {
		arena = append(arena, b[:n]...)
	}
	return arena, arena[start:len(arena):len(arena)], b[n:], ok
}
