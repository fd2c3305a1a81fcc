package datagram

import (
	"bytes"
	"net"
	"testing"

	"golang.org/x/net/ipv4"

	"elbow/internal/leak"
)

// A packet that is passed on arrives unchanged.
func TestPassed(t *testing.T) {
	leak.Check(t)
	for _, from := range []string{"192.0.2.1:443", "[2001:db8::1]:65535", "[fe80::1%lo]:1"} {
		addr, err := net.ResolveUDPAddr("udp", from)
		if err != nil {
			t.Fatal(err)
		}
		m := &ipv4.Message{Buffers: [][]byte{bytes.Repeat([]byte("p"), 1500)}, OOB: bytes.Repeat([]byte("o"), 128), Addr: addr}
		for _, m.N = range []int{0, 1, 1452} {
			for _, m.NN = range []int{0, 1, 128} {
				b := appendPassed(nil, m)
				got, oob, packet, err := parsePassed(b)
				if err != nil || got != addr.AddrPort() || !bytes.Equal(oob, m.OOB[:m.NN]) || !bytes.Equal(packet, m.Buffers[0][:m.N]) {
					t.Errorf("%s, %d, %d: got %v, %q, %q, %v", from, m.N, m.NN, got, oob, packet, err)
				}
				for n := range len(b) - m.N {
					if _, _, _, err := parsePassed(b[:n]); err == nil {
						t.Errorf("%s: accepted the first %d bytes of %x", from, n, b)
					}
				}
			}
		}
	}
}

func FuzzPassed(f *testing.F) {
	f.Add([]byte("\x06\x7f\x00\x00\x01\xbb\x01\x02ecpacket"))
	f.Fuzz(func(t *testing.T, b []byte) {
		addr, oob, packet, err := parsePassed(b)
		if err == nil && (!addr.IsValid() || len(oob)+len(packet) > len(b)) {
			t.Errorf("%x: got %v, %x, %x", b, addr, oob, packet)
		}
	})
}

// The tag is found in packets that clients send to ids of ours, and in no others.
func TestTagOf(t *testing.T) {
	leak.Check(t)
	tag := Tag{0xbe, 0xef}
	id, err := IDs{Tag: tag}.GenerateConnectionID()
	if err != nil {
		t.Fatal(err)
	}
	ours := id.Bytes()
	long := append([]byte{0xe0, 0, 0, 0, 1, byte(len(ours))}, ours...)
	short := append([]byte{0x40}, ours...)
	for _, packet := range [][]byte{long, short, append(short, 1, 2, 3)} {
		if got, ok := tagOf(packet); !ok || got != tag {
			t.Errorf("%x: got %x, %t", packet, got, ok)
		}
	}
	other := bytes.Clone(short)
	other[1]++
	foreign := append([]byte{0xc0, 0, 0, 0, 1, 8}, ours...)
	for n := range len(short) {
		if _, ok := tagOf(short[:n]); ok {
			t.Errorf("the first %d bytes of %x have a tag", n, short)
		}
	}
	for n := range len(long) {
		if _, ok := tagOf(long[:n]); ok {
			t.Errorf("the first %d bytes of %x have a tag", n, long)
		}
	}
	for _, packet := range [][]byte{other, foreign} {
		if _, ok := tagOf(packet); ok {
			t.Errorf("%x has a tag", packet)
		}
	}
}
