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
	_, block, ok := http2.ReadInt(block[1:], 7)
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
		if i, block, ok = http2.ReadInt(block, 6); !ok || i >= len(statics) {
			return arena, f, nil, false
		}
		return arena, statics[i], block, true
	case first&0xd0 == 0x50: // literal with a name of the table
		if i, block, ok = http2.ReadInt(block, 4); !ok || i >= len(statics) {
			return arena, f, nil, false
		}
		f.Name = statics[i].Name
	case first&0xe0 == 0x20: // literal
		if arena, f.Name, block, ok = http2.ReadString(arena, block, 3); !ok {
			return arena, f, nil, false
		}
	default:
		return arena, f, nil, false
	}
	arena, f.Value, block, ok = http2.ReadString(arena, block, 7)
	return arena, f, block, ok
}
