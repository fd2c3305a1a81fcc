package http3

// maxFrameHeader is the maximum length of a frame header, in bytes.
const maxFrameHeader = 8 + 8

// MaxDataHeader is the maximum length of the header of a DATA frame whose length
// fits 30 bits.
const MaxDataHeader = 1 + 4

// nextFrame reads type and length at the start of b (RFC 9114, 7.1). n is how
// many bytes they take, 0 if b does not hold all of them.
func nextFrame(b []byte) (t FrameType, length uint64, n int) {
	v, n := readVarint(b)
	if n == 0 {
		return 0, 0, 0
	}
	length, m := readVarint(b[n:])
	if m == 0 {
		return 0, 0, 0
	}
	return FrameType(v), length, n + m
}

// AppendFrameHeader appends the header of a frame with a payload of n bytes.
func AppendFrameHeader(dst []byte, t FrameType, n int) []byte {
	return appendVarint(appendVarint(dst, uint64(t)), uint64(n))
}

// AppendGoAway appends a GOAWAY: requests on streams from id on are not processed
// (RFC 9114, 5.2).
func AppendGoAway(dst []byte, id uint64) []byte {
	dst = AppendFrameHeader(dst, GoAway, varintLen(id))
	return appendVarint(dst, id)
}

// LastStream is a GOAWAY id above all requests: it announces that the connection
// will end, and forbids no request yet.
const LastStream = maxVarint - 3

// The head of a message is written after a gap for the header of its HEADERS
// frame, whose length is not known before.

// FrameRoom is the length of the gap that BeginHeaders leaves, in bytes.
const FrameRoom = 1 + 4

// BeginHeaders appends a gap for the frame header, then the prefix of a field
// section that uses no dynamic table (RFC 9204, 4.5.1).
func BeginHeaders(dst []byte) []byte { return append(dst, 0, 0, 0, 0, 0, 0, 0) }

// EndHeaders writes the header of the HEADERS frame that consists of b, begun by
// BeginHeaders. Its length takes four bytes, which is not the shortest encoding
// but allowed (RFC 9000, 16).
func EndHeaders(b []byte) []byte {
	n := len(b) - FrameRoom
	b[0] = byte(Headers)
	b[1], b[2], b[3], b[4] = byte(n>>24)|0x80, byte(n>>16), byte(n>>8), byte(n)
	return b
}
