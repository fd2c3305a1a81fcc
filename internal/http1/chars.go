package http1

import "encoding/binary"

// A class is a set of bytes that a grammar rule allows.
type class uint8

const (
	tokenChar   class = 1 << iota // tchar: names, methods, options (RFC 9110, 5.6.2)
	targetChar                    // of a request target
	hostChar                      // of a registered name, percent-encoding left out (RFC 3986, 3.2.2)
	valueChar                     // of a field value: no control character but HTAB (RFC 9110, 5.5)
	digitChar                     // 0 to 9
	hexChar                       // 0 to 9, A to F, a to f
	literalChar                   // of an IPv6 address literal
)

// classes holds the classes of each byte.
var classes = classTable()

func classTable() (t [256]class) {
	add := func(c class, set string) {
		for i := range len(set) {
			t[set[i]] |= c
		}
	}
	const (
		digits = "0123456789"
		hex    = digits + "abcdefABCDEF"
		alnum  = digits + "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	)
	add(tokenChar, alnum+"!#$%&'*+-.^_`|~")
	add(hostChar, alnum+"-._~"+"!$&'()*+,;=")
	add(digitChar, digits)
	add(hexChar, hex)
	add(literalChar, hex+":.")
	for c := range 256 {
		// Browsers send []{}|\^`<>" unescaped in queries and some of them in
		// paths, against RFC 3986, so all of visible ASCII is allowed. "#" is
		// not: some parsers end the target there, others do not.
		if c > ' ' && c < 0x7f && c != '#' {
			t[c] |= targetChar
		}
		if c >= ' ' && c != 0x7f || c == '\t' {
			t[c] |= valueChar
		}
	}
	return t
}

// skip returns the index of the first byte of b from i on that is not in c, or
// len(b).
func skip(b []byte, i int, c class) int {
	for i < len(b) && classes[b[i]]&c != 0 {
		i++
	}
	return i
}

// skipValue is skip for valueChar, eight bytes at a time: most bytes of a head
// are in values.
func skipValue(b []byte, i int) int {
	const (
		ones  = 0x0101010101010101
		highs = 0x8080808080808080
	)
	for i+8 <= len(b) {
		x := binary.LittleEndian.Uint64(b[i:])
		// A byte under 0x20 or equal to 0x7f sets its high bit; so may, by
		// borrow, a byte above it, which only costs a check of single bytes.
		low := (x - ones*0x20) &^ x
		del := x ^ ones*0x7f
		if (low|(del-ones)&^del)&highs == 0 {
			i += 8
			continue
		}
		for end := i + 8; i < end; i++ {
			if classes[b[i]]&valueChar == 0 {
				return i
			}
		}
	}
	return skip(b, i, valueChar)
}

// equalFold reports whether b is equal to the lower-case ASCII string lower,
// ignoring case. b must hold no control characters: setting 0x20 would turn some
// into digits and punctuation. (Letters are safe: only they and their upper case
// have the same bits.)
func equalFold(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i := range b {
		if b[i]|0x20 != lower[i] {
			return false
		}
	}
	return true
}

// foldsTo reports whether two tokens are equal, ignoring case.
func foldsTo(a, b []byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if x, y := a[i], b[i]; x != y && (x|0x20 != y|0x20 || x|0x20 < 'a' || x|0x20 > 'z') {
			return false
		}
	}
	return true
}

// trim removes spaces and tabs from both ends (OWS, RFC 9110, 5.6.3).
func trim(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}
