package elb

import (
	"net/netip"
	"testing"
)

func pool(t *testing.T, ranges string) EIPPool {
	t.Helper()
	networks, err := ParseNetworks(ranges)
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewEIPPool(networks)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestNewEIPPool(t *testing.T) {
	for text, works := range map[string]bool{
		"": true, "203.0.113.0/29": true, "203.0.113.7": true, "203.0.113.0/29,203.0.113.8/29,2001:db8::/64": true, "127.99.0.0/24": true,
		"203.0.113.0/29,203.0.113.7": false, "203.0.113.7,203.0.113.7": false, "0.0.0.0/0": false, "169.254.0.0/16": false, "224.0.0.1": false, "fe80::1": false,
	} {
		networks, err := ParseNetworks(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := NewEIPPool(networks); (err == nil) != works {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestEIPPoolGivesEveryAddressOnce(t *testing.T) {
	p := pool(t, "203.0.113.0/30,203.0.113.9,2001:db8::/127")
	given := make(map[netip.Addr]bool)
	for _, want := range []string{"203.0.113.1", "203.0.113.2", "203.0.113.9", "2001:db8::", "2001:db8::1", "invalid IP"} {
		got := p.FreeAddress(nil, counting(given))
		if got.String() != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got.IsValid() && !p.Range(got).IsValid() {
			t.Errorf("%s is given, and not of the pool", got)
		}
		given[got] = true
	}
	delete(given, netip.MustParseAddr("203.0.113.2"))
	if got := p.FreeAddress(nil, counting(given)); got.String() != "203.0.113.2" {
		t.Errorf("got %s, want the one that was given back", got)
	}
	delete(given, netip.MustParseAddr("203.0.113.9"))
	if got := p.FreeAddress([]netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}, counting(given)); got.IsValid() {
		t.Errorf("got %s beside a vSwitch that has it", got)
	}
}

func TestEIPPoolRange(t *testing.T) {
	p := pool(t, "203.0.113.0/29,203.0.113.16")
	for text, want := range map[string]string{
		"203.0.113.1": "203.0.113.0/29", "203.0.113.6": "203.0.113.0/29", "203.0.113.16": "203.0.113.16/32",
		"203.0.113.0": "invalid Prefix", "203.0.113.7": "invalid Prefix", "203.0.113.8": "invalid Prefix", "2001:db8::1": "invalid Prefix",
	} {
		if got := p.Range(netip.MustParseAddr(text)).String(); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
	if !p.Overlaps(netip.MustParsePrefix("203.0.0.0/16")) || p.Overlaps(netip.MustParsePrefix("203.0.113.8/29")) {
		t.Error("Overlaps is wrong")
	}
}
