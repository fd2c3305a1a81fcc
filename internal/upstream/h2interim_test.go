package upstream

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/net/http2"

	"elbow/internal/leak"
)

// Interim heads that nobody reads in time are dropped in favour of the answer,
// whether there are too many or they are too long.
func TestStreamManyInterimHeads(t *testing.T) {
	leak.Check(t)
	for _, tt := range []struct {
		name        string
		heads, size int
		kept        int // of the interim heads
	}{
		{"all places but one taken", maxBlocks - 2, 1, maxBlocks - 2},
		{"one more", maxBlocks - 1, 1, 0},
		{"many", 10 * maxBlocks, 1, 10 * maxBlocks % (maxBlocks - 1)},
		{"long", 9, 60 << 10, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBackend(t)
			s, peer := b.must(t, b.pool(t, Options{}))
			defer s.Release(false)
			if err := s.Send([]byte{0x82, 0x86, 0x84}, nil, true, false); err != nil {
				t.Fatal(err)
			}
			frame[*http2.MetaHeadersFrame](peer) // so that the stream is not idle
			for range tt.heads {
				peer.inPieces(1, block("103", "a", strings.Repeat("~", tt.size)))
			}
			peer.answer(1, "there")
			peer.ok(peer.WritePing(false, [8]byte{}))
			frame[*http2.PingFrame](peer) // everything before it has been read

			var head []byte
			for kept := -1; !bytes.Equal(head, block("200")); kept++ {
				var err error
				if head, _, err = s.Head(nil, soon()); err != nil {
					t.Fatalf("after %d interim heads: %v", kept+1, err)
				}
				if bytes.Equal(head, block("200")) && kept+1 != tt.kept {
					t.Errorf("got %d interim heads, want %d", kept+1, tt.kept)
				}
			}
			n, trailers, ended, err := s.Take(make([]byte, 9), nil)
			if n != len("there") || len(trailers) == 0 || !ended || err != nil {
				t.Errorf("got a body of %d bytes, trailers %x, ended %v, %v", n, trailers, ended, err)
			}
		})
	}
}
