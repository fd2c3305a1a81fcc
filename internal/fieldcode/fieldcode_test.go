package fieldcode

import (
	"bytes"
	"testing"

	"golang.org/x/net/http2/hpack"
)

// The integers of RFC 7541, C.1, and integers that are cut off or too long.
func TestReadInt(t *testing.T) {
	for _, tt := range []struct {
		in   string
		bits uint
		want int
		rest int
		ok   bool
	}{
		{"\xea", 5, 10, 0, true},
		{"\x1f\x9a\x0a", 5, 1337, 0, true},
		{"\x2a", 8, 42, 0, true},
		{"\x1f\x9a\x0axy", 5, 1337, 2, true},
		{"\x1f\xff\xff\xff\x7f", 5, 31 + 1<<28 - 1, 0, true},
		{"\x1f\xff\xff\xff\xff\x01", 5, 0, 0, false},
		{"\x1f\x80", 5, 0, 0, false},
		{"\x1f", 5, 0, 0, false},
		{"", 5, 0, 0, false},
	} {
		n, rest, ok := ReadInt([]byte(tt.in), tt.bits)
		if ok != tt.ok || ok && (n != tt.want || len(rest) != tt.rest) {
			t.Errorf("%x: got %d, %d bytes left, %t, want %d, %d, %t", tt.in, n, len(rest), ok, tt.want, tt.rest, tt.ok)
		}
	}
}

// literal returns s as a string literal with a prefix of 7 bits.
func literal(s string, coded bool) []byte {
	first, text := byte(0), []byte(s)
	if coded {
		first, text = 0x80, hpack.AppendHuffmanString(nil, s)
	}
	return append([]byte{first | byte(len(text))}, text...)
}

// A literal is decoded with and without the Huffman code, whether it fits into the arena
// or not, and one that is cut off anywhere is an error.
func TestReadString(t *testing.T) {
	for _, s := range []string{"", "www.example.com", "\x00\xff", string(bytes.Repeat([]byte("a"), 100))} {
		for _, coded := range []bool{false, true} {
			for _, arena := range [][]byte{nil, make([]byte, 0, 1000)} {
				b := literal(s, coded)
				_, got, rest, ok := ReadString(arena, append(b[:len(b):len(b)], "rest"...), 7)
				if !ok || string(got) != s || string(rest) != "rest" {
					t.Errorf("%q, coded is %t: got %q, %q left, %t", s, coded, got, rest, ok)
				}
				for n := range b {
					if _, got, _, ok := ReadString(arena, b[:n], 7); ok {
						t.Errorf("%q, coded is %t: the first %d bytes are %q", s, coded, n, got)
					}
				}
			}
		}
	}
}

// Padding that is longer than 7 bits or not a prefix of EOS, and EOS itself, are errors
// (RFC 7541, 5.2).
func TestReadStringPadding(t *testing.T) {
	for _, in := range []string{"\x81\xff", "\x82\x1f\xff", "\x81\x00", "\x84\xff\xff\xff\xff", "\x84\xff\xff\xff\xfc"} {
		if _, got, _, ok := ReadString(nil, []byte(in), 7); ok {
			t.Errorf("%x: got %q", in, got)
		}
	}
}

// A string literal that ReadString accepts has the same value for the decoder of x/net.
func FuzzReadString(f *testing.F) {
	f.Add(literal("www.example.com", true))
	f.Add(literal("www.example.com", false))
	f.Add([]byte("\x82\x1f\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, got, rest, ok := ReadString(nil, b, 7)
		if !ok {
			return
		}
		_, text, _ := ReadInt(b, 7)
		text = text[:len(text)-len(rest)]
		want, err := string(text), error(nil)
		if b[0]&0x80 != 0 {
			want, err = hpack.HuffmanDecodeToString(text)
		}
		if err != nil || want != string(got) {
			t.Errorf("%x: got %q, want %q, %v", b, got, want, err)
		}
	})
}
