package http2

import "elbow/internal/fieldcode"

// A Decoder decodes the header blocks of one connection, which must be complete
// and in order. NewDecoder makes one.
type Decoder struct {
	dynamic table
	max     int // dynamic table size that the encoder may choose, in bytes

	// Fields are those of the last block, valid until the next one and as long as
	// the bytes of its arena are not moved.
	Fields []fieldcode.Field

	// TooLong says that the last block had more than MaxListBytes. Fields are
	// those before the limit, or all of them if Whole.
	TooLong bool

	// Whole makes Decode return all fields of a list that is too long, for
	// callers that can drop some of them.
	Whole bool

	size int // size of the list
}

// NewDecoder returns a Decoder with an empty dynamic table.
func NewDecoder() *Decoder { return &Decoder{dynamic: table{limit: tableBytes}, max: tableBytes} }

// NewStaticDecoder returns a Decoder for a peer that was told to use no dynamic
// table, so that its blocks may come in any order.
func NewStaticDecoder() *Decoder { return new(Decoder) }

// Forget releases the memory of the last block.
func (d *Decoder) Forget() { clear(d.Fields) }

// maxKeptFields is the largest Fields slice that is kept for reuse. A list of
// MaxListBytes can have 2048 fields, which no legitimate one has.
const maxKeptFields = 128

// Decode decodes one block. Fields that are not in the static table are copied to
// the end of arena, which Decode returns; if they do not fit, it allocates a new
// one, and Fields may alias several.
//
// Any error ends the connection: ErrCompression, or ErrBlockLength for a list so
// long that it must be a decompression bomb.
func (d *Decoder) Decode(arena, block []byte) ([]byte, error) {
	d.TooLong, d.size = false, 0
	if cap(d.Fields) > maxKeptFields {
		d.Fields = nil
	}
	d.Fields = d.Fields[:0]
	block, ok := d.resize(block)
	for ok && len(block) > 0 {
		arena, block, ok = d.field(arena, block)
		if d.size > maxBombBytes {
			return arena, ErrBlockLength
		}
	}
	if !ok {
		return arena, ErrCompression
	}
	return arena, nil
}

// resize consumes table size updates at the start of a block, the only place for
// them (RFC 7541, 4.2).
func (d *Decoder) resize(block []byte) (rest []byte, ok bool) {
	for len(block) > 0 && block[0]&0xe0 == 0x20 {
		var n int
		if n, block, ok = fieldcode.ReadInt(block, 5); !ok || n > d.max {
			return nil, false
		}
		d.dynamic.setLimit(n)
	}
	return block, true
}

// field decodes one field (RFC 7541, 6).
func (d *Decoder) field(arena, block []byte) (_, rest []byte, ok bool) {
	first := block[0]
	if first&0x80 != 0 { // indexed
		i, rest, ok := fieldcode.ReadInt(block, 7)
		if !ok {
			return arena, nil, false
		}
		f, ok := d.lookup(i)
		if !ok {
			return arena, nil, false
		}
		if i >= len(statics) && (d.Whole || d.size+f.Size() <= MaxListBytes) {
			arena, f = keep(arena, f)
		}
		d.take(f)
		return arena, rest, true
	}
	bits, indexing := uint(4), first&0x40 != 0
	switch {
	case indexing:
		bits = 6
	case first&0x20 != 0: // a size update out of place
		return arena, nil, false
	}
	return d.literal(arena, block, bits, indexing)
}

// literal decodes a field with a literal value (RFC 7541, 6.2).
func (d *Decoder) literal(arena, block []byte, bits uint, indexing bool) (_, rest []byte, ok bool) {
	i, block, ok := fieldcode.ReadInt(block, bits)
	if !ok {
		return arena, nil, false
	}
	var f fieldcode.Field
	if i > 0 {
		if f, ok = d.lookup(i); !ok {
			return arena, nil, false
		}
		if i >= len(statics) {
			arena, f.Name = fieldcode.Keep(arena, f.Name)
		}
	} else if arena, f.Name, block, ok = fieldcode.ReadString(arena, block, 7); !ok {
		return arena, nil, false
	}
	if arena, f.Value, block, ok = fieldcode.ReadString(arena, block, 7); !ok {
		return arena, nil, false
	}
	if indexing {
		d.dynamic.add(f.Name, f.Value)
	}
	d.take(f)
	return arena, block, true
}

// lookup returns a field by its index (RFC 7541, 2.3.3). Fields of the static
// table need not be copied.
func (d *Decoder) lookup(i int) (fieldcode.Field, bool) {
	if i < len(statics) {
		return statics[i], i > 0
	}
	return d.dynamic.get(i - len(statics) + 1)
}

// take adds a field to the list, if it fits.
func (d *Decoder) take(f fieldcode.Field) {
	if d.size += f.Size(); d.size > MaxListBytes {
		d.TooLong = true
		if !d.Whole {
			return
		}
	}
	d.Fields = append(d.Fields, f)
}

// keep copies a field to arena.
func keep(arena []byte, f fieldcode.Field) ([]byte, fieldcode.Field) {
	n, v := len(f.Name), len(f.Value)
	arena = fieldcode.Grow(arena, n+v)
	start := len(arena)
	arena = append(append(arena, f.Name...), f.Value...)
	return arena, fieldcode.Field{Name: arena[start : start+n : start+n], Value: arena[start+n : start+n+v : start+n+v]}
}
