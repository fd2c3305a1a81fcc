// Package fieldcode has what HPACK (RFC 7541) and QPACK (RFC 9204) have in common:
// fields, integers with a prefix, string literals and their Huffman code. It knows no
// tables and no limits. Start reading at ReadString.
package fieldcode

// A Field is one field of a header list, pseudo-header fields among them.
type Field struct{ Name, Value []byte }

// Overhead is the size of a field in a list or a dynamic table beyond its text, in
// bytes (RFC 7541, 4.1; RFC 9113, 6.5.2; RFC 9114, 4.2.2).
const Overhead = 32

// Size is the size of the field in a list, in bytes.
func (f *Field) Size() int { return len(f.Name) + len(f.Value) + Overhead }

// Keep copies b to the end of arena, or of a new one if it does not fit.
func Keep(arena, b []byte) (_, kept []byte) {
	arena = Grow(arena, len(b))
	start := len(arena)
	arena = append(arena, b...)
	return arena, arena[start:len(arena):len(arena)]
}

// Grow returns arena if n more bytes fit, else a new, larger one. The content of the
// old one is not moved.
func Grow(arena []byte, n int) []byte {
	if cap(arena)-len(arena) >= n {
		return arena
	}
	return make([]byte, 0, max(n, 2*cap(arena)))
}
