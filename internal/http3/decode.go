package http3

import "elbow/internal/fieldcode"

// A Section is a decoded field section (RFC 9204, 4.5). The zero value is ready
// for use; a reused one reuses its slice.
type Section struct {
	// Fields are valid until the next Decode and as long as the bytes of its
	// arena are not moved. Pseudo-header fields are among them.
	Fields []fieldcode.Field

	// TooLong says that there were more than MaxListBytes. Fields are those
	// before the limit.
	TooLong bool

	size int
}

// Decode decodes one block. The client was told that there is no dynamic table,
// so that no block depends on another. Fields that are not in the static table
// are copied to the end of arena, which Decode returns; if they do not fit, it
// allocates a new one, and Fields may alias several.
//
// Any error ends the connection: ErrCompression, or ErrBomb for a section so long
// that it must be a decompression bomb.
func (s *Section) Decode(arena, block []byte) ([]byte, error) {
	s.TooLong, s.size = false, 0
	if cap(s.Fields) > maxFields {
		s.Fields = nil
	}
	s.Fields = s.Fields[:0]
	// Required Insert Count and Delta Base, with its sign, must both be 0 because
	// nothing can have been inserted (RFC 9204, 4.5.1).
	if len(block) < 2 || block[0] != 0 || block[1]&0x80 != 0 {
		return arena, ErrCompression
	}
	_, block, ok := fieldcode.ReadInt(block[1:], 7)
	for ok && len(block) > 0 {
		var f fieldcode.Field
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

// take adds a field to the section, if it fits.
func (s *Section) take(f fieldcode.Field) {
	if s.size += f.Size(); s.size > MaxListBytes {
		s.TooLong = true
		return
	}
	s.Fields = append(s.Fields, f)
}

// decodeField decodes one field line (RFC 9204, 4.5.2, 4.5.4 and 4.5.6). Lines
// that refer to the dynamic table are in error.
func decodeField(arena, block []byte) (_ []byte, f fieldcode.Field, rest []byte, ok bool) {
	var i int
	switch first := block[0]; {
	case first&0xc0 == 0xc0: // indexed
		if i, block, ok = fieldcode.ReadInt(block, 6); !ok || i >= len(statics) {
			return arena, f, nil, false
		}
		return arena, statics[i], block, true
	case first&0xd0 == 0x50: // literal with a name reference
		if i, block, ok = fieldcode.ReadInt(block, 4); !ok || i >= len(statics) {
			return arena, f, nil, false
		}
		f.Name = statics[i].Name
	case first&0xe0 == 0x20: // literal
		if arena, f.Name, block, ok = fieldcode.ReadString(arena, block, 3); !ok {
			return arena, f, nil, false
		}
	default:
		return arena, f, nil, false
	}
	arena, f.Value, block, ok = fieldcode.ReadString(arena, block, 7)
	return arena, f, block, ok
}
