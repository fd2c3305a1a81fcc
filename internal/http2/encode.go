package http2

import "strconv"

// Sent blocks use the static table alone, as in HAProxy and nginx. So blocks do
// not depend on each other, streams encode theirs concurrently, and no state is
// kept per connection.

// noTable goes before the first header block of a connection. It sets the size of
// the dynamic table to 0; without it some peers wait for a size update after one
// of their SETTINGS (RFC 7541, 4.2).
const noTable byte = 0x20

// AppendStatus appends the :status of a response, 100 to 999.
func AppendStatus(dst []byte, status int) []byte {
	switch status {
	case 200:
		return append(dst, 0x80|8)
	case 204:
		return append(dst, 0x80|9)
	case 206:
		return append(dst, 0x80|10)
	case 304:
		return append(dst, 0x80|11)
	case 400:
		return append(dst, 0x80|12)
	case 404:
		return append(dst, 0x80|13)
	case 500:
		return append(dst, 0x80|14)
	}
	return append(dst, indexStatus, 3, byte('0'+status/100%10), byte('0'+status/10%10), byte('0'+status%10))
}

// AppendField appends a field as a literal without indexing (RFC 7541, 6.2.2).
// The name is lower-cased; neither name nor value is checked.
func AppendField[N, V ~string | ~[]byte](dst []byte, name N, value V) []byte {
	start := len(dst)
	dst = append(dst, 0)
	dst = appendLength(dst, len(name))
	text := len(dst)
	dst = append(dst, name...)
	lower := dst[text:]
	for i, c := range lower {
		if 'A' <= c && c <= 'Z' {
			lower[i] = c | 0x20
		}
	}
	if i, ok := nameIndexes[string(lower)]; ok {
		dst = appendIndex(dst[:start], i)
	}
	dst = appendLength(dst, len(value))
	return append(dst, value...)
}

// AppendContentLength appends a content-length of n bytes.
func AppendContentLength(dst []byte, n int64) []byte {
	var digits [20]byte
	text := strconv.AppendInt(digits[:0], n, 10)
	dst = appendIndex(dst, indexContentLength)
	dst = append(dst, byte(len(text)))
	return append(dst, text...)
}

// appendIndex appends the index of a name, for a literal without indexing.
func appendIndex(dst []byte, i byte) []byte {
	if i < 15 {
		return append(dst, i)
	}
	return append(dst, 15, i-15)
}

// appendLength appends the length of a string that is not Huffman-coded.
func appendLength(dst []byte, n int) []byte {
	if n < 127 {
		return append(dst, byte(n))
	}
	dst = append(dst, 127)
	for n -= 127; n >= 128; n >>= 7 {
		dst = append(dst, byte(n)|0x80)
	}
	return append(dst, byte(n))
}
