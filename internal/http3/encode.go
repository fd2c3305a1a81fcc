package http3

import "strconv"

// Sent sections use the static table alone, so that no section waits for another
// and no state is kept per connection.

// AppendStatus appends the :status of a response, 100 to 999.
func AppendStatus(dst []byte, status int) []byte {
	if i := statusIndexes[status]; i != 0 {
		return appendInt(dst, 0xc0, 6, int(i))
	}
	dst = appendInt(dst, 0x50, 4, indexStatus)
	return append(dst, 3, byte('0'+status/100%10), byte('0'+status/10%10), byte('0'+status%10))
}

// AppendField appends a field as a literal (RFC 9204, 4.5.4 and 4.5.6). The name
// is lower-cased; neither name nor value is checked.
func AppendField[N, V ~string | ~[]byte](dst []byte, name N, value V) []byte {
	start := len(dst)
	dst = appendInt(dst, 0x20, 3, len(name))
	text := len(dst)
	dst = append(dst, name...)
	lower := dst[text:]
	for i, c := range lower {
		if 'A' <= c && c <= 'Z' {
			lower[i] = c | 0x20
		}
	}
	if i, ok := nameIndexes[string(lower)]; ok {
		dst = appendInt(dst[:start], 0x50, 4, int(i))
	}
	dst = appendInt(dst, 0, 7, len(value))
	return append(dst, value...)
}

// AppendContentLength appends a content-length of n bytes.
func AppendContentLength(dst []byte, n int64) []byte {
	var digits [20]byte
	text := strconv.AppendInt(digits[:0], n, 10)
	dst = appendInt(dst, 0x50, 4, indexContentLength)
	dst = append(dst, byte(len(text)))
	return append(dst, text...)
}

// appendInt appends an integer with a prefix of bits (RFC 7541, 5.1); first holds
// the other bits of the first byte.
func appendInt(dst []byte, first byte, bits uint, n int) []byte {
	full := 1<<bits - 1
	if n < full {
		return append(dst, first|byte(n))
	}
	dst = append(dst, first|byte(full))
	for n -= full; n >= 128; n >>= 7 {
		dst = append(dst, byte(n)|0x80)
	}
	return append(dst, byte(n))
}
