package datagram

import (
	"net"
	"testing"

	"github.com/quic-go/quic-go/qlog"
	"golang.org/x/net/ipv4"

	"elbow/internal/leak"
	"elbow/internal/socket"
)

// A live connection is not reset, whatever packets of the same length come for
// others in the same batch.
func TestQUICResetSparesLiveConnections(t *testing.T) {
	leak.Check(t)
	r := newResetter(new([32]byte), Tag{1})
	from, to := openUDP(t), openUDP(t)
	batch := func(packets ...[]byte) (ms []ipv4.Message) {
		for _, p := range packets {
			ms = append(ms, ipv4.Message{Buffers: [][]byte{p}, N: len(p), Addr: to.LocalAddr()})
		}
		return ms
	}
	packet := func(tag Tag, id byte, n int) []byte {
		b := make([]byte, n)
		b[0], b[1], b[n-1] = 0x40, quicIDFirst, id
		copy(b[1+1+len(NodeID{}):], tag[:])
		b[quicIDLen] = id
		return b
	}
	own, other := Tag{1}, Tag{2}
	for _, tt := range []struct {
		name    string
		packets [][]byte
		dropped []int // lengths, by quic-go
		want    int   // resets
	}{
		{"none", nil, nil, 0},
		{"one that is known", [][]byte{packet(own, 1, 35)}, nil, 0},
		{"one that is not", [][]byte{packet(own, 1, 35)}, []int{35}, 1},
		{"two that are not", [][]byte{packet(own, 1, 35), packet(own, 2, 35)}, []int{35, 35}, 2},
		{"one of two of a length", [][]byte{packet(own, 1, 35), packet(own, 2, 35)}, []int{35}, 0},
		{"one of two lengths", [][]byte{packet(own, 1, 35), packet(own, 2, 36)}, []int{36}, 1},
		{"another process's", [][]byte{packet(other, 1, 35)}, []int{35}, 1},
		{"another process's beside one that is known", [][]byte{packet(own, 1, 35), packet(other, 1, 35)}, []int{35}, 1},
		{"an id of nobody beside one that is known", [][]byte{packet(own, 1, 35), append([]byte{0x40}, make([]byte, 34)...)}, []int{35}, 0},
	} {
		r.sent = 0
		r.read(from, batch(tt.packets...))
		for _, n := range tt.dropped {
			r.RecordEvent(qlog.PacketDropped{
				Header:  qlog.PacketHeader{PacketType: qlog.PacketType1RTT},
				Raw:     qlog.RawInfo{Length: n},
				Trigger: qlog.PacketDropUnknownConnectionID,
			})
		}
		r.settle(from)
		if r.sent != tt.want {
			t.Errorf("%s: %d resets, want %d", tt.name, r.sent, tt.want)
		}
	}

	// The rate is bounded.
	r.since, r.sent = socket.Now(), 0
	sent := 0
	for range resetsPerSecond + 10 {
		if r.since = socket.Now(); r.allows() {
			sent++
		}
	}
	if sent != resetsPerSecond {
		t.Errorf("%d resets in a second, want %d", sent, resetsPerSecond)
	}
}

func openUDP(t *testing.T) *net.UDPConn {
	t.Helper()
	udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = udp.Close() })
	return udp
}
