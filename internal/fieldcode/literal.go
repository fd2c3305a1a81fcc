package fieldcode

// ReadInt reads an integer with a prefix of bits, as in HPACK and QPACK (RFC
// 7541, 5.1; RFC 9204, 4.1.1). No block of a reasonable length needs more than 28
// bits beyond the prefix.
func ReadInt(b []byte, bits uint) (n int, rest []byte, ok bool) {
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

// ReadString reads a string literal into arena, or into a new one if it does not
// fit. The length of the literal has a prefix of bits, after the bit that marks
// it as Huffman-coded: 7 in HPACK (RFC 7541, 5.2), also other numbers in QPACK
// (RFC 9204, 4.1.2).
func ReadString(arena, b []byte, bits uint) (_, s, rest []byte, ok bool) {
	if len(b) == 0 {
		return arena, nil, nil, false
	}
	coded := b[0]>>bits&1 != 0
	n, b, ok := ReadInt(b, bits)
	if !ok || n > len(b) {
		return arena, nil, nil, false
	}
	if !coded {
		arena, s = Keep(arena, b[:n])
		return arena, s, b[n:], true
	}
	arena = Grow(arena, n*8/5+1) // the shortest codes have 5 bits
	start := len(arena)
	arena, ok = appendHuffman(arena, b[:n])
	return arena, arena[start:len(arena):len(arena)], b[n:], ok
}
