package http2

import (
	"testing"

	"elbow/internal/fieldcode"
	"elbow/internal/http1"
)

func TestResponse(t *testing.T) {
	for _, tt := range []struct {
		fields        []fieldcode.Field
		toHead, ended bool
		want          error
		framing       http1.Framing
		length        int64
	}{
		{fields: list(":status: 200"), framing: http1.Chunked, length: -1},
		{fields: list(":status: 200"), ended: true, framing: http1.NoBody, length: -1},
		{fields: list(":status: 200", "content-length: 5"), framing: http1.Length, length: 5},
		{fields: list(":status: 200", "content-length: 0"), ended: true, framing: http1.Length, length: 0},
		{fields: list(":status: 200", "content-length: 5"), toHead: true, ended: true, framing: http1.NoBody, length: 5},
		{fields: list(":status: 304", "content-length: 5"), ended: true, framing: http1.NoBody, length: 5},
		{fields: list(":status: 204"), framing: http1.NoBody, length: -1},
		{fields: list(":status: 103", "link: </a>"), framing: http1.NoBody, length: -1},
		{fields: list(":status: 999"), framing: http1.Chunked, length: -1},

		{fields: nil, want: http1.ErrPseudoField},
		{fields: list("a: b"), want: http1.ErrPseudoField},
		{fields: list("a: b", ":status: 200"), want: http1.ErrPseudoField},
		{fields: list(":status: 200", ":status: 200"), want: http1.ErrPseudoField},
		{fields: list(":status: 200", ":path: /"), want: http1.ErrPseudoField},
		{fields: list(":status: 20"), want: http1.ErrStatus},
		{fields: list(":status: 2000"), want: http1.ErrStatus},
		{fields: list(":status: +20"), want: http1.ErrStatus},
		{fields: list(":status: 099"), want: http1.ErrStatus},
		{fields: list(":status: 101"), want: http1.ErrStatus},
		{fields: list(":status: 103"), ended: true, want: http1.ErrStatus},
		{fields: list(":status: 200", "content-length: 5"), ended: true, want: http1.ErrLengthWrong},
		{fields: list(":status: 200", "content-length: 5", "content-length: 6"), want: http1.ErrLengthsDiffer},
		{fields: list(":status: 200", "connection: close"), want: http1.ErrConnectionField},
		{fields: list(":status: 200", "transfer-encoding: chunked"), want: http1.ErrConnectionField},
		{fields: list(":status: 200", "A: b"), want: http1.ErrName},
		{fields: list(":status: 200", "a: b\r\nc: d"), want: http1.ErrValue},
	} {
		var r http1.Response
		err := Response(&r, tt.fields, tt.toHead, tt.ended)
		if err != tt.want {
			t.Errorf("%s: got %v, want %v", tt.fields, err, tt.want)
		}
		if err == nil && (r.Framing != tt.framing || r.Length != tt.length || !r.KeepAlive) {
			t.Errorf("%s: got framing %d, length %d; want %d, %d", tt.fields, r.Framing, r.Length, tt.framing, tt.length)
		}
	}
}

// Any accepted response can be written as HTTP/1.1 and is parsed as the same one.
func FuzzResponse(f *testing.F) {
	f.Add([]byte("\x88\x0f\x0d\x015"), false)
	f.Add([]byte("\x08\x03103\x00\x04link\x01a"), false)
	f.Add([]byte("\x88\x00\x0bgrpc-status\x010"), true)
	f.Fuzz(func(t *testing.T, block []byte, ended bool) {
		d := NewStaticDecoder()
		var r, again http1.Response
		if _, err := d.Decode(nil, block); err != nil || Response(&r, d.Fields, false, ended) != nil {
			return
		}
		raw := http1.AppendFields(http1.AppendStatusLine(nil, r.Status, ""), r.Fields)
		raw = append(http1.AppendFraming(raw, r.Framing, r.Length), "\r\n"...)
		n, err := again.Parse(raw, false)
		if len(raw) > http1.MaxHeadBytes {
			return
		}
		if err != nil || n != len(raw) || again.Status != r.Status {
			t.Fatalf("%q is read as %d bytes, status %d, %v", raw, n, again.Status, err)
		}
		if r.Framing == http1.Length && again.Length != r.Length {
			t.Errorf("%q: length %d, want %d", raw, again.Length, r.Length)
		}
	})
}

// A decoder without a dynamic table knows no entry of one, and adds none.
func TestStaticDecoder(t *testing.T) {
	d := NewStaticDecoder()
	for block, want := range map[string]error{
		"\x88":              nil,
		"\x20\x88":          nil, // a table of size 0
		"\x40\x01a\x01b":    nil, // indexing, without effect
		"\x40\x01a\x01\xbe": nil,
		"\xbe":              ErrCompression, // an entry
		"\x21":              ErrCompression, // a larger table
		"\x3f\xe1\x1f":      ErrCompression,
	} {
		if _, err := d.Decode(nil, []byte(block)); err != want {
			t.Errorf("%x: got %v, want %v", block, err, want)
		}
	}
}

func TestPeerStreams(t *testing.T) {
	for _, tt := range []struct {
		payload string
		streams uint32
		said    bool
	}{
		{"", 1<<32 - 1, false},
		{"\x00\x04\x00\x00\x00\x01", 1<<32 - 1, false},
		{"\x00\x03\x00\x00\x00\x00", 0, true},
		{"\x00\x03\x00\x00\x00\x07\x00\x03\x00\x00\x01\x00", 256, true},
	} {
		if streams, said := PeerStreams([]byte(tt.payload)); streams != tt.streams || said != tt.said {
			t.Errorf("%x: got %d, %v, want %d, %v", tt.payload, streams, said, tt.streams, tt.said)
		}
	}
}

// What is put in comes out, whatever the pieces, and an empty body holds no
// buffer.
func TestBody(t *testing.T) {
	var b Body
	want := make([]byte, 3*MaxFrame+5)
	for i := range want {
		want[i] = byte(i / 7)
	}
	for _, piece := range []int{1, 100, MaxFrame - 1, MaxFrame, 2*MaxFrame + 3} {
		var got []byte
		p := make([]byte, piece)
		for rest := want; len(rest) > 0 || b.Len() > 0; {
			n := min(len(rest), 1000)
			b.Put(rest[:n])
			rest = rest[n:]
			if b.Len() >= piece || len(rest) == 0 {
				got = append(got, p[:b.Take(p)]...)
			}
		}
		if string(got) != string(want) {
			t.Errorf("pieces of %d: got %d other bytes", piece, len(got))
		}
		if len(b.buffers) != 0 {
			t.Errorf("pieces of %d: %d buffers are held", piece, len(b.buffers))
		}
	}
	b.Put(want)
	b.Release()
	if b.Len() != 0 || len(b.buffers) != 0 {
		t.Error("something is left after Release")
	}
}
