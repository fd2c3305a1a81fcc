package stream

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"testing"

	"elbow/internal/leak"
)

// readProxyHeader parses the header as a server does (haproxy's
// doc/proxy-protocol.txt, section 2.2), and returns the bytes after it.
func readProxyHeader(b []byte) (client, local netip.AddrPort, rest []byte, err error) {
	const signature = "\r\n\r\n\x00\r\nQUIT\n"
	if len(b) < 16 || string(b[:12]) != signature || b[12] != 0x21 {
		return client, local, b, errors.New("no header")
	}
	n := int(binary.BigEndian.Uint16(b[14:]))
	if len(b) < 16+n {
		return client, local, b, errors.New("cut off")
	}
	family, body, rest := b[13], b[16:16+n], b[16+n:]
	size := map[byte]int{0x11: 4, 0x21: 16}[family]
	if size == 0 || n < 2*size+4 {
		return client, local, b, errors.New("addresses that are none")
	}
	from, _ := netip.AddrFromSlice(body[:size])
	to, _ := netip.AddrFromSlice(body[size : 2*size])
	client = netip.AddrPortFrom(from.Unmap(), binary.BigEndian.Uint16(body[2*size:]))
	local = netip.AddrPortFrom(to.Unmap(), binary.BigEndian.Uint16(body[2*size+2:]))
	return client, local, rest, nil
}

// A header parses to the addresses it was made from, and no prefix of it parses.
func FuzzProxyHeader(f *testing.F) {
	f.Add([]byte{127, 0, 0, 1}, uint16(1), []byte{10, 0, 0, 1}, uint16(443), []byte("hello"))
	f.Add(netip.MustParseAddr("2001:db8::1").AsSlice(), uint16(65535), []byte{10, 0, 0, 1}, uint16(0), []byte{})
	f.Fuzz(func(t *testing.T, from []byte, fromPort uint16, to []byte, toPort uint16, rest []byte) {
		a, ok := netip.AddrFromSlice(from)
		b, ok2 := netip.AddrFromSlice(to)
		if !ok || !ok2 {
			return
		}
		client, local := netip.AddrPortFrom(a.Unmap(), fromPort), netip.AddrPortFrom(b.Unmap(), toPort)
		text := append(appendProxyHeader(nil, client, local), rest...)
		gotClient, gotLocal, gotRest, err := readProxyHeader(text)
		if err != nil || gotClient != client || gotLocal != local || string(gotRest) != string(rest) {
			t.Fatalf("%v to %v: got %v to %v, %q, %v", client, local, gotClient, gotLocal, gotRest, err)
		}
		for n := range len(text) - len(rest) {
			if _, _, _, err := readProxyHeader(text[:n]); err == nil {
				t.Fatalf("the first %d bytes are a header", n)
			}
		}
	})
}

func TestProxyHeaderDoesNotAllocate(t *testing.T) {
	leak.Check(t)
	client, local := netip.MustParseAddrPort("192.0.2.1:4000"), netip.MustParseAddrPort("192.0.2.2:443")
	buf := make([]byte, 0, 64)
	if n := testing.AllocsPerRun(100, func() { _ = appendProxyHeader(buf, client, local) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
