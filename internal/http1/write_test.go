package http1

import "testing"

func TestAppend(t *testing.T) {
	fields := []Field{
		{Name: []byte("A"), Value: []byte("b")},
		{Name: []byte("Connection"), Value: []byte("close"), Hop: true},
		{Name: []byte("C"), Value: nil},
	}
	for _, tt := range []struct{ got, want string }{
		{string(AppendRequestLine([]byte("x"), "GET", []byte("/a"))), "xGET /a HTTP/1.1\r\n"},
		{string(AppendStatusLine([]byte("x"), 404, "Not Found")), "xHTTP/1.1 404 Not Found\r\n"},
		{string(AppendStatusLine(nil, 999, []byte(nil))), "HTTP/1.1 999 \r\n"},
		{string(AppendField([]byte("x"), []byte("A"), "b")), "xA: b\r\n"},
		{string(AppendField(nil, "A", "")), "A: \r\n"},
		{string(AppendFields([]byte("x"), fields)), "xA: b\r\nC: \r\n"},
		{string(AppendContentLength([]byte("x"), 1<<63-1)), "xContent-Length: 9223372036854775807\r\n"},
		{string(AppendFraming([]byte("x"), NoBody, -1)), "x"},
		{string(AppendFraming([]byte("x"), NoBody, 5)), "xContent-Length: 5\r\n"},
		{string(AppendFraming([]byte("x"), Length, 0)), "xContent-Length: 0\r\n"},
		{string(AppendFraming([]byte("x"), Chunked, -1)), "xTransfer-Encoding: chunked\r\n"},
		{string(AppendFraming([]byte("x"), Chunked, 5)), "xTransfer-Encoding: chunked\r\n"},
		{string(AppendFraming([]byte("x"), UntilClose, 5)), "x"},
		{string(AppendChunkHeader([]byte("x"), 0xab1)), "xab1\r\n"},
		{string(AppendLastChunk([]byte("x"), nil)), "x0\r\n\r\n"},
		{string(AppendLastChunk([]byte("x"), []byte("A: b\r\n"))), "x0\r\nA: b\r\n\r\n"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
	if n := len(AppendChunkHeader(nil, 1<<63-1)); n > MaxChunkHeader {
		t.Errorf("got a chunk header of %d bytes, want at most %d", n, MaxChunkHeader)
	}
}

// A message that is written parses to what it was written from.
func TestWrittenRequestReadsTheSame(t *testing.T) {
	for _, tt := range goodRequests {
		var a, b Request
		if _, err := a.Parse([]byte(tt.raw)); err != nil {
			t.Fatal(err)
		}
		if a.Form == Authority || a.Minor == 0 {
			continue // neither goes to a backend unchanged
		}
		raw := AppendRequestLine(nil, a.Method, a.Path)
		raw = AppendFields(raw, a.Fields)
		raw = AppendFraming(raw, a.Framing, a.Length)
		raw = append(raw, "\r\n"...)
		if n, err := b.Parse(raw); n != len(raw) || err != nil {
			t.Errorf("%q: got %d, %v", raw, n, err)
			continue
		}
		if string(a.Method) != string(b.Method) || string(a.Path) != string(b.Path) ||
			a.Framing != b.Framing || a.Length != b.Length || b.Upgrade != nil {
			t.Errorf("%q became %q", tt.raw, raw)
		}
	}
}

func TestAppendDoesNotAllocate(t *testing.T) {
	var r Request
	if _, err := r.Parse([]byte(simpleGet)); err != nil {
		t.Fatal(err)
	}
	dst := make([]byte, 0, 4096)
	n := testing.AllocsPerRun(10, func() {
		d := AppendRequestLine(dst, r.Method, r.Path)
		d = AppendFields(d, r.Fields)
		d = AppendFraming(d, Chunked, -1)
		d = AppendContentLength(d, 1234567)
		d = AppendStatusLine(d, 200, "OK")
		d = AppendChunkHeader(d, 1234567)
		_ = AppendLastChunk(d, nil)
	})
	if n != 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
}
