package http2

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/http2/hpack"

	"elbow/internal/fieldcode"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func render(fields []fieldcode.Field) string {
	var b strings.Builder
	for _, f := range fields {
		fmt.Fprintf(&b, "%s: %s\n", f.Name, f.Value)
	}
	return b.String()
}

// The requests of RFC 7541, C.3 and C.4, which depend on each other.
func TestDecodeExamples(t *testing.T) {
	want := []string{
		":method: GET\n:scheme: http\n:path: /\n:authority: www.example.com\n",
		":method: GET\n:scheme: http\n:path: /\n:authority: www.example.com\ncache-control: no-cache\n",
		":method: GET\n:scheme: https\n:path: /index.html\n:authority: www.example.com\ncustom-key: custom-value\n",
	}
	for name, blocks := range map[string][]string{
		"plain": {
			"8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
			"8286 84be 5808 6e6f 2d63 6163 6865",
			"8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
		},
		"Huffman": {
			"8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
			"8286 84be 5886 a8eb 1064 9cbf",
			"8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
		},
	} {
		d := NewDecoder()
		for i, block := range blocks {
			if _, err := d.Decode(nil, unhex(t, block)); err != nil {
				t.Fatalf("%s %d: %v", name, i, err)
			}
			if got := render(d.Fields); got != want[i] {
				t.Errorf("%s %d: got\n%swant\n%s", name, i, got, want[i])
			}
		}
		if d.dynamic.size != 164 {
			t.Errorf("%s: table has %d bytes, want 164", name, d.dynamic.size)
		}
	}
}

// Responses of RFC 7541, C.6: a table of 256 bytes, so entries are evicted.
func TestDecodeEviction(t *testing.T) {
	d := NewDecoder()
	d.dynamic.setLimit(256)
	for i, tt := range []struct{ block, want string }{
		{
			"4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
			":status: 302\ncache-control: private\ndate: Mon, 21 Oct 2013 20:13:21 GMT\nlocation: https://www.example.com\n",
		},
		{"4883 640e ffc1 c0bf", ":status: 307\ncache-control: private\ndate: Mon, 21 Oct 2013 20:13:21 GMT\nlocation: https://www.example.com\n"},
	} {
		if _, err := d.Decode(nil, unhex(t, tt.block)); err != nil {
			t.Fatal(err)
		}
		if got := render(d.Fields); got != tt.want {
			t.Errorf("%d: got\n%swant\n%s", i, got, tt.want)
		}
	}
	if d.dynamic.size != 222 || d.dynamic.count != 4 {
		t.Errorf("table has %d bytes in %d entries, want 222 in 4", d.dynamic.size, d.dynamic.count)
	}
}

func TestDecodeErrors(t *testing.T) {
	for _, tt := range []struct{ name, block string }{
		{"index 0", "80"},
		{"index beyond the tables", "be"},
		{"name index beyond the tables", "7f 00 01 61"},
		{"integer cut off", "ff"},
		{"integer without end", "ff ff ff ff ff ff 0f"},
		{"name cut off", "40 03 61"},
		{"value cut off", "40 01 61 02 62"},
		{"no value", "40 01 61"},
		{"size over the limit", "3f e2 1f"},
		{"size after a field", "82 20"},
		{"padding of a byte", "00 01 61 82 ff ff"},
		{"padding of zeros", "00 01 61 81 00"},
		{"EOS", "00 01 61 84 ff ff ff ff"},
	} {
		if _, err := NewDecoder().Decode(nil, unhex(t, tt.block)); err != ErrCompression {
			t.Errorf("%s: got %v", tt.name, err)
		}
	}
}

// A truncated block is an error or has fewer fields.
func TestDecodeCut(t *testing.T) {
	block := unhex(t, "8287 85 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf 8286")
	for n := range block {
		d := NewDecoder()
		if _, err := d.Decode(nil, block[:n]); err == nil && len(d.Fields) >= 6 {
			t.Errorf("first %d bytes: got %s", n, render(d.Fields))
		}
	}
}

// A list that is too long is decoded to its end, so that the next one is right,
// but not kept; an obvious decompression bomb is not even decoded.
func TestDecodeTooLong(t *testing.T) {
	var buf bytes.Buffer
	e := hpack.NewEncoder(&buf)
	long := strings.Repeat("x", 3000)
	block := func(n int) []byte {
		buf.Reset()
		_ = e.WriteField(hpack.HeaderField{Name: ":method", Value: "HEAD"})
		for range n {
			_ = e.WriteField(hpack.HeaderField{Name: "bomb", Value: long})
		}
		_ = e.WriteField(hpack.HeaderField{Name: "last", Value: "one"})
		return buf.Bytes()
	}
	d := NewDecoder()
	if _, err := d.Decode(nil, block(30)); err != nil || !d.TooLong || len(d.Fields) > 22 {
		t.Errorf("got %v, too long %v, %d fields", err, d.TooLong, len(d.Fields))
	}
	if _, err := d.Decode(nil, block(1)); err != nil || d.TooLong || string(d.Fields[2].Value) != "one" {
		t.Errorf("got %v, too long %v, %s", err, d.TooLong, render(d.Fields))
	}
	if _, err := d.Decode(nil, block(1000)); err != ErrBlockLength {
		t.Errorf("got %v, want an end of it", err)
	}
}

// In steady state nothing is allocated, whatever happens to the table.
func TestDecodeAllocations(t *testing.T) {
	var buf bytes.Buffer
	e := hpack.NewEncoder(&buf)
	var blocks [][]byte
	for i := range 500 {
		buf.Reset()
		for _, f := range browser {
			_ = e.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]})
		}
		_ = e.WriteField(hpack.HeaderField{Name: "x-request", Value: fmt.Sprint("number ", i)})
		blocks = append(blocks, bytes.Clone(buf.Bytes()))
	}
	d := NewDecoder()
	arena := make([]byte, 0, 4<<10)
	i := 0
	decode := func() {
		if _, err := d.Decode(arena, blocks[i]); err != nil {
			t.Fatal(err)
		}
		i++
	}
	for range 300 {
		decode()
	}
	if got := testing.AllocsPerRun(150, decode); got != 0 {
		t.Errorf("got %v allocations, want none", got)
	}
}

// browser are the fields of a browser's request.
var browser = [][2]string{
	{":method", "GET"},
	{":authority", "www.example.com"},
	{":scheme", "https"},
	{":path", "/assets/app.js?v=42"},
	{"sec-ch-ua", `"Chromium";v="140", "Not=A?Brand";v="24"`},
	{"sec-ch-ua-mobile", "?0"},
	{"user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"},
	{"accept", "*/*"},
	{"sec-fetch-site", "same-origin"},
	{"sec-fetch-mode", "no-cors"},
	{"referer", "https://www.example.com/"},
	{"accept-encoding", "gzip, deflate, br, zstd"},
	{"accept-language", "en-US,en;q=0.9"},
	{"cookie", "session=0123456789abcdef0123456789abcdef"},
}

// Another implementation decodes what is encoded here.
func TestEncode(t *testing.T) {
	var b, want []byte
	add := func(name, value string) {
		b = AppendField(b, name, value)
		want = fmt.Appendf(want, "%s: %s\n", strings.ToLower(name), value)
	}
	b = append(b, noTable)
	for _, status := range []int{200, 204, 206, 304, 400, 404, 500, 103, 999} {
		b = AppendStatus(b, status)
		want = fmt.Appendf(want, ":status: %d\n", status)
	}
	add("Content-Type", "text/plain")
	add("Set-Cookie", "a=b")
	add("Accept-Charset", "utf-8") // index 15, the first that takes two bytes
	add("Accept-Encoding", "x")
	add("X-Whatever", "")
	for _, n := range []int{126, 127, 128, 254, 255, 300, 20000} {
		add(strings.Repeat("N", n), strings.Repeat("v", n))
	}
	for _, n := range []int64{0, 5, 1<<63 - 1} {
		b = AppendContentLength(b, n)
		want = fmt.Appendf(want, "content-length: %d\n", n)
	}
	fields, err := hpack.NewDecoder(4096, nil).DecodeFull(b)
	if err != nil {
		t.Fatal(err)
	}
	var got []byte
	for _, f := range fields {
		got = fmt.Appendf(got, "%s: %s\n", f.Name, f.Value)
	}
	if string(got) != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Two decoders agree, over blocks that depend on each other, on what is an error
// and on the fields.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		"8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d", "8286 84be 5886 a8eb 1064 9cbf", "20 82", "3f e1 1f 82", "40 01 61 81 1f be",
	} {
		f.Add(unhex(f, s), []byte{0xbe})
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		d := NewDecoder()
		theirs := hpack.NewDecoder(tableBytes, nil)
		for _, block := range [][]byte{first, second} {
			if len(block) > 1<<10 {
				return // longer ones exceed limits that only one of the two has
			}
			want, wantErr := theirs.DecodeFull(block)
			_, err := d.Decode(nil, block)
			if d.TooLong || err == ErrBlockLength {
				return
			}
			if (err == nil) != (wantErr == nil) {
				if wantErr == nil && stricter(block) || err == nil && resizedTwice(block) {
					return
				}
				t.Fatalf("%x: got %v, want %v", block, err, wantErr)
			}
			if err != nil {
				return
			}
			var text strings.Builder
			for _, f := range want {
				fmt.Fprintf(&text, "%s: %s\n", f.Name, f.Value)
			}
			if got := render(d.Fields); got != text.String() {
				t.Fatalf("%x: got\n%s\nwant\n%s", block, got, text.String())
			}
		}
	})
}

// stricter reports whether a block may hold what only we refuse: an integer with
// more bytes than we read, such as a small one with trailing zeros, or a size
// update after a field, which hpack accepts while the table is empty.
func stricter(block []byte) bool {
	run := 0
	for _, c := range block {
		switch {
		case c&0xe0 == 0x20:
			return true
		case c&0x80 == 0:
			run = 0
		default:
			if run++; run >= 4 {
				return true
			}
		}
	}
	return false
}

// resizedTwice reports whether a block begins with two size updates, as it may
// (RFC 7541, 4.2). hpack accepts the second only while the table is empty.
func resizedTwice(block []byte) bool {
	if len(block) == 0 || block[0]&0xe0 != 0x20 {
		return false
	}
	_, rest, ok := fieldcode.ReadInt(block, 5)
	return ok && len(rest) > 0 && rest[0]&0xe0 == 0x20
}

// Compares with the decoder of x/net, which allocates a string for each literal
// value.
func BenchmarkDecode(b *testing.B) {
	var buf bytes.Buffer
	e := hpack.NewEncoder(&buf)
	encode := func() []byte {
		buf.Reset()
		for _, f := range browser {
			_ = e.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]})
		}
		return bytes.Clone(buf.Bytes())
	}
	first, again := encode(), encode()
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		d := NewDecoder()
		arena := make([]byte, 0, 4<<10)
		_, _ = d.Decode(arena, first)
		for b.Loop() {
			if _, err := d.Decode(arena, again); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("hpack", func(b *testing.B) {
		b.ReportAllocs()
		n := 0
		d := hpack.NewDecoder(4096, func(hpack.HeaderField) { n++ })
		_, _ = d.Write(first)
		for b.Loop() {
			if _, err := d.Write(again); err != nil {
				b.Fatal(err)
			}
		}
	})
	for name, block := range map[string][]byte{"ours spelt out": first} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			d := NewDecoder()
			arena := make([]byte, 0, 4<<10)
			for b.Loop() {
				_, _ = d.Decode(arena, block)
			}
		})
		b.Run("hpack spelt out", func(b *testing.B) {
			b.ReportAllocs()
			d := hpack.NewDecoder(4096, func(hpack.HeaderField) {})
			for b.Loop() {
				_, _ = d.Write(block)
			}
		})
	}
}
