package datagram

import (
	"bytes"
	"testing"

	"github.com/quic-go/quic-go"

	"elbow/internal/leak"
)

// Generated ids reserve a place for the node, and are all different.
func TestGeneratedID(t *testing.T) {
	leak.Check(t)
	node, tag := NodeID{0xde, 0xad, 0x01}, Tag{0xbe, 0xef}
	ids := IDs{node, tag}
	seen := make(map[quic.ConnectionID]bool)
	for range 1000 {
		id, err := ids.GenerateConnectionID()
		if err != nil {
			t.Fatal(err)
		}
		b := id.Bytes()
		if len(b) != ids.ConnectionIDLen() || b[0]>>5 != 0 || int(b[0]&0x1f) != len(b)-1 || !bytes.Equal(b[1:4], node[:]) || !bytes.Equal(b[4:6], tag[:]) {
			t.Fatalf("got %x", b)
		}
		if seen[id] {
			t.Fatalf("%x twice", b)
		}
		seen[id] = true
	}
}
