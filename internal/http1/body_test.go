package http1

import (
	"fmt"
	"strings"
	"testing"
)

// readBody feeds src to a body in pieces of step bytes and returns its payload
// and how much of src it consumed.
func readBody(b *Body, src string, step int) (payload string, n int, err error) {
	var all strings.Builder
	for at := 0; at < len(src) && !b.Done(); {
		piece := []byte(src[at:min(at+step, len(src))])
		for len(piece) > 0 && !b.Done() {
			p, took, err := b.Next(piece)
			all.Write(p)
			n += took
			if err != nil {
				return all.String(), n, err
			}
			if took == 0 {
				return all.String(), n, fmt.Errorf("no progress at %q", piece)
			}
			piece = piece[took:]
		}
		at += step
	}
	return all.String(), n, nil
}

var goodChunked = []struct{ name, raw, payload, trailers string }{
	{"empty", "0\r\n\r\n", "", ""},
	{"one chunk", "5\r\nhello\r\n0\r\n\r\n", "hello", ""},
	{"several", "1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n0\r\n\r\n", "abcdef", ""},
	{"hexadecimal in both cases: RFC 9112, 7.1", "a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n", "01234567890123456789a", ""},
	{"leading zeros: RFC 9112, 7.1", "0000000000000005\r\nhello\r\n0000\r\n\r\n", "hello", ""},
	{"payload looks like coding", "7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n", "\r\n0\r\n\r\n", ""},
	{"extension: RFC 9112, 7.1.1", "5;a\r\nhello\r\n0;b=\"c\t;\xe4\"\r\n\r\n", "hello", ""},
	{"white space before extension: RFC 9112, 7.1.1", "5 \t ; a=b\r\nhello\r\n0\r\n\r\n", "hello", ""},
	{"extensions without end, each small", strings.Repeat("1;"+strings.Repeat("x", freeExtensionBytes-1)+"\r\na\r\n", 100) + "0\r\n\r\n", strings.Repeat("a", 100), ""},
	{"extensions just within the budget", "1;" + strings.Repeat("x", freeExtensionBytes+maxExtensionBytes-1) + "\r\na\r\n0\r\n\r\n", "a", ""},
	{"trailers: RFC 9112, 7.1.2", "1\r\na\r\n0\r\nX: y\r\nZ:\r\n\r\n", "a", "X: y\r\nZ:\r\n"},
	{"hop-by-hop trailers are dropped: RFC 9110, 7.6.1", "0\r\nConnection: x\r\nX: y\r\nKeep-Alive: z\r\n\r\n", "", "X: y\r\n"},
	{"trailers that act on the head are dropped: RFC 9110, 6.5.1", "0\r\nX-Forwarded-For: x\r\nX: y\r\nx_forwarded_for: z\r\nCookie: z\r\n\r\n", "", "X: y\r\n"},
}

var badChunked = []struct {
	name, raw string
	want      error
}{
	{"no size: RFC 9112, 7.1", "\r\n", ErrChunkSize},
	{"size not hexadecimal", "g\r\n", ErrChunkSize},
	{"size with prefix", "0x5\r\nhello\r\n", ErrChunkSize},
	{"size plus", "+5\r\nhello\r\n", ErrChunkSize},
	{"size minus", "-1\r\n", ErrChunkSize},
	{"size with underscore", "1_0\r\n", ErrChunkSize},
	{"space before size", " 5\r\nhello\r\n", ErrChunkSize},
	{"space after size: RFC 9112, 7.1.1", "5 \r\nhello\r\n", ErrChunkSize},
	{"space in size", "5 5\r\n", ErrChunkSize},
	{"size 2^63: RFC 9112, 7.1", "8000000000000000\r\n", ErrChunkSize},
	{"size 2^64 + 5: RFC 9112, 7.1", "10000000000000005\r\nhello\r\n", ErrChunkSize},
	{"seventeen digits", "00000000000000005\r\nhello\r\n", ErrChunkSize},
	{"LF after size: RFC 9112, 2.2", "5\nhello\r\n", ErrBareLF},
	{"CR after size", "5\rhello\r\n", ErrBareCR},
	{"LF in extension: RFC 9112, 2.2", "5;a\nhello\r\n", ErrBareLF},
	{"CR in extension", "5;a\rb\r\nhello\r\n", ErrBareCR},
	{"NUL in extension", "5;a\x00\r\nhello\r\n", ErrChunkExtension},
	{"chunk longer than its size: RFC 9112, 7.1", "4\r\nhello\r\n", ErrChunkEnd},
	{"chunk shorter than its size", "6\r\nhello\r\n0\r\n\r\n", ErrChunkEnd},
	{"LF after chunk: RFC 9112, 2.2", "5\r\nhello\n0\r\n\r\n", ErrChunkEnd},
	{"CR after chunk", "5\r\nhello\r0\r\n\r\n", ErrBareCR},
	{"extension over budget: RFC 9112, 7.1.1", "1;" + strings.Repeat("x", freeExtensionBytes+maxExtensionBytes) + "\r\na\r\n0\r\n\r\n", ErrChunkOverhead},
	{"extensions over budget together", strings.Repeat("1;"+strings.Repeat("x", 2*freeExtensionBytes)+"\r\na\r\n", 100), ErrChunkOverhead},
	{"spaces over budget", "1" + strings.Repeat(" ", 2*maxExtensionBytes), ErrChunkOverhead},
	{"LF ends trailers: RFC 9112, 2.2", "0\r\n\n", ErrBareLF},
	{"LF in trailers", "0\r\nX: y\n\r\n", ErrBareLF},
	{"CR in trailers", "0\r\nX: y\rz\r\n\r\n", ErrBareCR},
	{"CR alone in trailers", "0\r\n\rX: y\r\n\r\n", ErrColon},
	{"trailer folded: RFC 9112, 5.2", "0\r\nX: y\r\n z\r\n\r\n", ErrFold},
	{"trailer, space before colon: RFC 9112, 5.1", "0\r\nX : y\r\n\r\n", ErrSpace},
	{"trailer without colon", "0\r\nX\r\n\r\n", ErrColon},
	{"trailer without name", "0\r\n: y\r\n\r\n", ErrNameEmpty},
	{"trailer, control: RFC 9110, 5.5", "0\r\nX: \x01\r\n\r\n", ErrValue},
	{"another request for a trailer", "0\r\nGET / HTTP/1.1\r\n\r\n", ErrSpace},
	{"framing in trailers: RFC 9110, 6.5.1", "0\r\nContent-Length: 5\r\n\r\n", ErrTrailer},
	{"coding in trailers: RFC 9110, 6.5.1", "0\r\ntransfer-encoding: chunked\r\n\r\n", ErrTrailer},
	{"Host in trailers: RFC 9110, 6.5.1", "0\r\nHost: a\r\n\r\n", ErrTrailer},
	{"trailers too long", "0\r\nX: " + strings.Repeat("y", MaxHeadBytes), ErrTrailerLength},
	{"dropped trailers too long", "0\r\n" + strings.Repeat("TE: y\r\n", MaxHeadBytes/7+1), ErrTrailerLength},
}

func TestGoodChunked(t *testing.T) {
	var b Body
	for _, tt := range goodChunked {
		for _, step := range []int{len(tt.raw) + 4, 1, 2, 3, 7} {
			b.Reset(Chunked, -1)
			payload, n, err := readBody(&b, tt.raw+"next", step)
			if payload != tt.payload || n != len(tt.raw) || err != nil || !b.Done() {
				t.Errorf("%s, %d bytes at a time: got %q, %d, %v, done %v, want %q, %d",
					tt.name, step, payload, n, err, b.Done(), tt.payload, len(tt.raw))
			}
			if got := string(b.Trailers()); got != tt.trailers {
				t.Errorf("%s, %d bytes at a time: got trailers %q, want %q", tt.name, step, got, tt.trailers)
			}
			if p, n, err := b.Next([]byte("next")); len(p) != 0 || n != 0 || err != nil || b.End() != nil {
				t.Errorf("%s: took %d bytes of the next message, %v", tt.name, n, err)
			}
		}
	}
}

func TestBadChunked(t *testing.T) {
	var b Body
	for _, tt := range badChunked {
		for _, step := range []int{len(tt.raw), 1, 2, 3, 7} {
			b.Reset(Chunked, -1)
			if _, _, err := readBody(&b, tt.raw, step); err != tt.want || b.Done() {
				t.Errorf("%s, %d bytes at a time: got %v, done %v, want %v", tt.name, step, err, b.Done(), tt.want)
			}
		}
	}
}

// A body cut off anywhere is an error at the end of the connection, never a
// shorter body.
func TestChunkedPrefixes(t *testing.T) {
	var b Body
	for _, tt := range goodChunked {
		for i := range tt.raw {
			b.Reset(Chunked, -1)
			_, n, err := readBody(&b, tt.raw[:i], i+1)
			if n != i || err != nil || b.Done() || b.End() != ErrTruncated || b.Trailers() != nil {
				t.Fatalf("%s: got %d, %v, done %v for the first %d bytes", tt.name, n, err, b.Done(), i)
			}
		}
	}
}

// One call returns all of a chunk that is there, and consumes the coding up to
// the next payload.
func TestNextTakesChunkInOneCall(t *testing.T) {
	var b Body
	b.Reset(Chunked, -1)
	src := []byte("5\r\nhello\r\n3\r\nfoo\r\n0\r\n\r\nnext")
	for i, want := range []struct {
		payload string
		n       int
		left    int64
		done    bool
	}{
		{"hello", len("5\r\nhello\r\n3\r\n"), 3, false},
		{"foo", len("foo\r\n0\r\n\r\n"), 0, true},
	} {
		p, n, err := b.Next(src)
		if string(p) != want.payload || n != want.n || err != nil || b.Left() != want.left || b.Done() != want.done {
			t.Errorf("call %d: got %q, %d, %v, %d left, done %v, want %+v", i, p, n, err, b.Left(), b.Done(), want)
		}
		src = src[n:]
	}
}

func TestOtherFramings(t *testing.T) {
	for _, tt := range []struct {
		framing Framing
		length  int64
		src     string
		payload string
		done    bool
		end     error
	}{
		{NoBody, -1, "next", "", true, nil},
		{NoBody, 5, "next", "", true, nil},
		{Length, 0, "next", "", true, nil},
		{Length, 5, "hellonext", "hello", true, nil},
		{Length, 5, "hello", "hello", true, nil},
		{Length, 5, "hell", "hell", false, ErrTruncated},
		{Length, 5, "", "", false, ErrTruncated},
		{Length, 1<<63 - 1, "hello", "hello", false, ErrTruncated},
		{Chunked, -1, "", "", false, ErrTruncated},
		{UntilClose, -1, "hello", "hello", false, nil},
		{UntilClose, -1, "", "", false, nil},
	} {
		for _, step := range []int{100, 1} {
			var b Body
			b.Reset(tt.framing, tt.length)
			payload, n, err := readBody(&b, tt.src, step)
			if payload != tt.payload || n != len(tt.payload) || err != nil || b.Done() != tt.done {
				t.Errorf("%+v: got %q, %d, %v, done %v", tt, payload, n, err, b.Done())
			}
			if err := b.End(); err != tt.end {
				t.Errorf("%+v: got %v at the end", tt, err)
			}
			if b.Done() != (tt.end == nil) {
				t.Errorf("%+v: got done %v after the end", tt, b.Done())
			}
		}
	}
}

func TestBodyDoesNotAllocate(t *testing.T) {
	var b Body
	src := []byte("5;x=y\r\nhello\r\n3\r\nfoo\r\n0\r\nX: y\r\n\r\n")
	n := testing.AllocsPerRun(10, func() {
		b.Reset(Chunked, -1)
		for rest := src; !b.Done(); {
			_, n, err := b.Next(rest)
			if err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
	})
	if n != 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
}
