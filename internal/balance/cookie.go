package balance

import "bytes"

// nextCookie splits the first pair off the value of a Cookie field and reports
// whether its name is name; names are compared as octets (RFC 6265, 5.4). value
// is the part after "=". As user agents do, it ends a pair at each semicolon,
// inside quotes too (RFC 6265, 5.2), and ignores white space around name and
// value. A pair without "=" has no name.
func nextCookie(field []byte, name string) (pair, value, rest []byte, named bool) {
	pair, rest, _ = bytes.Cut(field, []byte{';'})
	pair = trim(pair)
	key, value, ok := bytes.Cut(pair, []byte{'='})
	return pair, trim(value), rest, ok && string(trim(key)) == name
}

// separate appends the separator of RFC 6265, 4.2.1, if a pair is already in
// the Cookie field value that begins at dst[start].
func separate(dst []byte, start int) []byte {
	if len(dst) > start {
		dst = append(dst, "; "...)
	}
	return dst
}

// unquote removes the double quotes that may enclose a cookie's value (RFC 6265,
// 4.1.1).
func unquote(value []byte) (inner []byte, quoted bool) {
	if n := len(value); n >= 2 && value[0] == '"' && value[n-1] == '"' {
		return value[1 : n-1], true
	}
	return value, false
}

// trim removes spaces and tabs, the white space of HTTP (RFC 9110, 5.6.3).
func trim(b []byte) []byte { return bytes.Trim(b, " \t") }
