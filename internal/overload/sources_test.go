package overload

import (
	"net/netip"
	"testing"

	"elbow/internal/leak"
)

// A client is an IPv4 address, or an IPv6 network.
func TestSources(t *testing.T) {
	leak.Check(t)
	s := new(Sources)
	at := func(a string) netip.AddrPort { return netip.AddrPortFrom(netip.MustParseAddr(a), 1) }
	s.Add(at("192.0.2.1"), 1)
	s.Add(at("::ffff:192.0.2.1"), 1)
	s.Add(at("2001:db8::1"), 1)
	s.Add(at("2001:db8::2:0:0:1"), 1)
	s.Add(at("fe80::1%lo"), 1)
	for a, want := range map[string]int{
		"192.0.2.1": 2, "192.0.2.2": 0, "2001:db8::3": 2, "2001:db8:0:1::1": 0, "fe80::2%eth0": 1,
	} {
		if got := s.Of(at(a)); got != want {
			t.Errorf("%s: got %d, want %d", a, got, want)
		}
	}
	s.Add(at("192.0.2.1"), -2)
	if len(s.n) != 2 {
		t.Errorf("%d clients are counted, want 2", len(s.n))
	}
}
