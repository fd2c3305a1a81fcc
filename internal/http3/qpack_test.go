package http3

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/quic-go/qpack"

	"elbow/internal/fieldcode"
)

// list formats fields as "name: value" lines.
func list(fields []fieldcode.Field) string {
	var b strings.Builder
	for _, f := range fields {
		b.WriteString(string(f.Name) + ": " + string(f.Value) + "\n")
	}
	return b.String()
}

// theirs decodes with another implementation.
func theirs(t testing.TB, block []byte) string {
	t.Helper()
	var b strings.Builder
	next := qpack.NewDecoder().Decode(block)
	for f, err := next(); err != io.EOF; f, err = next() {
		if err != nil {
			t.Fatalf("%x: %v", block, err)
		}
		b.WriteString(f.Name + ": " + f.Value + "\n")
	}
	return b.String()
}

// Every entry of the static table equals that of another implementation.
func TestStaticTable(t *testing.T) {
	for i, f := range staticFields {
		block := appendInt([]byte{0, 0}, 0xc0, 6, i)
		want := f.name + ": " + f.value + "\n"
		if got := theirs(t, block); got != want {
			t.Errorf("index %d: they have %q, we %q", i, got, want)
		}
		var s Section
		if _, err := s.Decode(nil, block); err != nil || list(s.Fields) != want {
			t.Errorf("index %d: got %q, %v", i, list(s.Fields), err)
		}
	}
	var s Section
	if _, err := s.Decode(nil, appendInt([]byte{0, 0}, 0xc0, 6, len(staticFields))); err != ErrCompression {
		t.Errorf("index behind the table: got %v", err)
	}
}

// Another implementation decodes what we encode.
func TestEncode(t *testing.T) {
	for status := 100; status < 1000; status++ {
		b := AppendStatus(BeginHeaders(nil), status)
		if got, want := theirs(t, b[FrameRoom:]), ":status: "+string(rune('0'+status/100))+string(rune('0'+status/10%10))+string(rune('0'+status%10))+"\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	long := strings.Repeat("v", 1000)
	b := BeginHeaders(nil)
	b = AppendField(b, "Content-Type", "text/html")
	b = AppendField(b, "X-Own", "1")
	b = AppendField(b, []byte("eight-by"), []byte(""))
	b = AppendField(b, "seven-b", long)
	b = AppendField(b, strings.Repeat("n", 300), "x")
	b = AppendField(b, "x-frame-options", "DENY")
	b = AppendContentLength(b, 1<<63-1)
	want := "content-type: text/html\nx-own: 1\neight-by: \nseven-b: " + long + "\n" + strings.Repeat("n", 300) + ": x\nx-frame-options: DENY\ncontent-length: 9223372036854775807\n"
	if got := theirs(t, b[FrameRoom:]); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	b = EndHeaders(b)
	kind, length, n := nextFrame(b)
	if kind != Headers || n != FrameRoom || int(length) != len(b)-n {
		t.Errorf("got frame %d of %d bytes behind %d, of %d", kind, length, n, len(b))
	}
}

// We decode what another implementation encodes, Huffman-coded or not.
func TestDecode(t *testing.T) {
	var block bytes.Buffer
	e := qpack.NewEncoder(&block)
	want := ""
	for _, f := range []qpack.HeaderField{
		{Name: ":method", Value: "GET"},
		{Name: ":path", Value: "/a/b?c=d"},
		{Name: "accept", Value: "*/*"},
		{Name: "user-agent", Value: "Mozilla/5.0 (X11; Linux x86_64)"},
		{Name: "x-own", Value: "\x01\xff§"},
		{Name: "empty", Value: ""},
		{Name: strings.Repeat("long-name-", 30), Value: strings.Repeat("long value ", 300)},
	} {
		if err := e.WriteField(f); err != nil {
			t.Fatal(err)
		}
		want += f.Name + ": " + f.Value + "\n"
	}
	var s Section
	for range 2 { // reused
		if _, err := s.Decode(nil, block.Bytes()); err != nil || list(s.Fields) != want {
			t.Errorf("got %q, %v, want %q", list(s.Fields), err, want)
		}
	}
	// In an arena that is too small fields alias several slices.
	arena := make([]byte, 3, 8)
	if _, err := s.Decode(arena, block.Bytes()); err != nil || list(s.Fields) != want {
		t.Errorf("in a small arena: got %q, %v, want %q", list(s.Fields), err, want)
	}
	// A truncated block is an error, or a list of fewer fields.
	for n := range block.Len() {
		_, err := s.Decode(nil, block.Bytes()[:n])
		if err == nil && !strings.HasPrefix(want, list(s.Fields)) {
			t.Errorf("first %d bytes: got %q", n, list(s.Fields))
		}
		if err != nil && err != ErrCompression {
			t.Errorf("first %d bytes: got %v", n, err)
		}
	}
}

func TestDecodeErrors(t *testing.T) {
	for name, block := range map[string]string{
		"empty":                             "",
		"half a prefix":                     "\x00",
		"required insert count":             "\x01\x00\xd1",
		"negative base":                     "\x00\x80\xd1",
		"prefix without an end":             "\x00\x7f",
		"index of the dynamic table":        "\x00\x00\x80",
		"name of the dynamic table":         "\x00\x00\x40\x00",
		"index behind the base":             "\x00\x00\x10",
		"name behind the base":              "\x00\x00\x00\x00",
		"index behind the static table":     "\x00\x00\xff\x24",
		"name behind the static table":      "\x00\x00\x5f\x54\x00",
		"integer without an end":            "\x00\x00\xff\x80\x80\x80\x80\x80\x01",
		"integer cut off":                   "\x00\x00\xff\x80",
		"no value":                          "\x00\x00\x51",
		"value cut off":                     "\x00\x00\x51\x02a",
		"name cut off":                      "\x00\x00\x22a",
		"Huffman: EOS":                      "\x00\x00\x51\x84\xff\xff\xff\xff",
		"Huffman: padding that is not ones": "\x00\x00\x51\x81\x00",
		"Huffman: a byte of padding":        "\x00\x00\x51\x82\x1f\xff",
	} {
		var s Section
		if _, err := s.Decode(nil, []byte(block)); err != ErrCompression {
			t.Errorf("%s: got %q, %v", name, list(s.Fields), err)
		}
	}
}

// A section over the limit is reported, one far over it ends the connection.
func TestDecodeLimits(t *testing.T) {
	entry := len("accept") + len("*/*") + fieldcode.Overhead
	fits := MaxListBytes / entry
	for _, tt := range []struct {
		lines   int
		tooLong bool
		err     error
	}{{fits, false, nil}, {fits + 1, true, nil}, {maxBombBytes/entry + 1, true, ErrBomb}} {
		var s Section
		_, err := s.Decode(nil, append([]byte{0, 0}, slices.Repeat([]byte{0xc0 | 29}, tt.lines)...))
		if err != tt.err || s.TooLong != tt.tooLong || len(s.Fields) != min(tt.lines, fits) {
			t.Errorf("%d lines: got %d fields, too long %v, %v", tt.lines, len(s.Fields), s.TooLong, err)
		}
	}
}

func TestCodingDoesNotAllocate(t *testing.T) {
	block, arena, out := chromeHead(), make([]byte, 0, 4<<10), make([]byte, 0, 4<<10)
	var s Section
	if n := testing.AllocsPerRun(100, func() {
		if _, err := s.Decode(arena, block); err != nil {
			t.Fatal(err)
		}
		b := AppendStatus(BeginHeaders(out[:0]), 200)
		for i := range s.Fields {
			b = AppendField(b, s.Fields[i].Name, s.Fields[i].Value)
		}
		EndHeaders(AppendContentLength(b, 5))
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// chromeHead is a request head of Chromium.
func chromeHead() []byte {
	var block bytes.Buffer
	e := qpack.NewEncoder(&block)
	for _, f := range [][2]string{
		{":method", "GET"},
		{":authority", "www.example.com"},
		{":scheme", "https"},
		{":path", "/assets/site.css?v=20240101"},
		{"sec-ch-ua", `"Chromium";v="130", "Not?A_Brand";v="99"`},
		{"sec-ch-ua-mobile", "?0"},
		{"user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"},
		{"accept", "text/css,*/*;q=0.1"},
		{"sec-fetch-site", "same-origin"},
		{"sec-fetch-mode", "no-cors"},
		{"referer", "https://www.example.com/"},
		{"accept-encoding", "gzip, deflate, br, zstd"},
		{"accept-language", "en-GB,en;q=0.9"},
		{"cookie", "session=0123456789abcdef0123456789abcdef; theme=dark"},
		{"priority", "u=0"},
	} {
		_ = e.WriteField(qpack.HeaderField{Name: f[0], Value: f[1]})
	}
	return block.Bytes()
}

func BenchmarkDecode(b *testing.B) {
	block, arena := chromeHead(), make([]byte, 0, 4<<10)
	var s Section
	b.SetBytes(int64(len(block)))
	b.ReportAllocs()
	for b.Loop() {
		_, _ = s.Decode(arena, block)
	}
}

// Whatever is decoded, another implementation decodes to the same fields.
func FuzzDecode(f *testing.F) {
	f.Add(chromeHead())
	f.Add([]byte("\x00\x00\xd1\x51\x03/ab\x23abc\x02de"))
	f.Add([]byte("\x00\x00\xff\x24"))
	f.Fuzz(func(t *testing.T, block []byte) {
		var s Section
		_, err := s.Decode(nil, block)
		if err != nil || s.TooLong || block[1] != 0 {
			return // an unused base, which they do not accept
		}
		var b strings.Builder
		next := qpack.NewDecoder().Decode(block)
		for {
			f, err := next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%x: we take it for %q, they say %v", block, list(s.Fields), err)
			}
			b.WriteString(f.Name + ": " + f.Value + "\n")
		}
		if got := list(s.Fields); got != b.String() {
			t.Errorf("%x: got %q, they have %q", block, got, b.String())
		}
	})
}
