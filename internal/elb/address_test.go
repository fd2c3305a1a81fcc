package elb

import (
	"math"
	"net/netip"
	"testing"
)

// counting returns a function that counts the addresses of a set in a range.
func counting(set map[netip.Addr]bool) func(first, last netip.Addr) int {
	return func(first, last netip.Addr) (n int) {
		for a, taken := range set {
			if taken && !a.Less(first) && !last.Less(a) {
				n++
			}
		}
		return n
	}
}

func TestFreeAddress(t *testing.T) {
	for _, tt := range []struct {
		cidr  string
		taken []string
		want  string
	}{
		{"127.8.0.0/16", nil, "127.8.0.1"},
		{"127.8.0.0/16", []string{"127.8.0.1", "127.8.0.2"}, "127.8.0.3"},
		{"127.8.0.0/16", []string{"127.8.0.1", "127.8.0.3"}, "127.8.0.2"},
		{"10.0.0.9/16", nil, "10.0.0.1"},
		{"10.0.0.0/30", []string{"10.0.0.1"}, "10.0.0.2"},
		{"10.0.0.0/30", []string{"10.0.0.1", "10.0.0.2"}, "invalid IP"},
		{"10.0.0.4/31", nil, "10.0.0.4"},
		{"10.0.0.4/31", []string{"10.0.0.4"}, "10.0.0.5"},
		{"192.0.2.7/32", nil, "192.0.2.7"},
		{"192.0.2.7/32", []string{"192.0.2.7"}, "invalid IP"},
		{"255.255.255.255/32", []string{"255.255.255.255"}, "invalid IP"},
		{"255.255.255.0/24", nil, "255.255.255.1"},
		{"2001:db8::/64", nil, "2001:db8::1"},
		{"2001:db8::/126", []string{"2001:db8::1", "2001:db8::2"}, "2001:db8::3"},
		{"2001:db8::/127", nil, "2001:db8::"},
		{"::1/128", nil, "::1"},
		{"::ffff:127.21.0.0/112", []string{"127.21.0.1"}, "127.21.0.2"},
	} {
		taken := make(map[netip.Addr]bool)
		for _, a := range tt.taken {
			taken[netip.MustParseAddr(a)] = true
		}
		got := FreeAddress(netip.MustParsePrefix(tt.cidr), counting(taken))
		if got.String() != tt.want {
			t.Errorf("%s with %v taken: got %s, want %s", tt.cidr, tt.taken, got, tt.want)
		}
	}
}

// Capacity equals the number of addresses that FreeAddress returns before it has
// none, and it returns the lowest, whichever were released.
func TestCapacityIsWhatFreeAddressGives(t *testing.T) {
	for _, cidr := range []string{
		"10.0.0.0/24", "10.0.0.0/29", "10.0.0.0/30", "10.0.0.0/31", "10.0.0.0/32",
		"255.255.255.240/28", "2001:db8::/120", "2001:db8::/126", "2001:db8::/127", "2001:db8::/128",
	} {
		prefix := netip.MustParsePrefix(cidr)
		given := make(map[netip.Addr]bool)
		for {
			a := FreeAddress(prefix, counting(given))
			if !a.IsValid() {
				break
			}
			if !prefix.Contains(a) {
				t.Fatalf("%s: gave %s, which is outside", cidr, a)
			}
			given[a] = true
		}
		for a := range given {
			delete(given, a)
			if got := FreeAddress(prefix, counting(given)); got != a {
				t.Errorf("%s: %s was given back, and %s is given", prefix, a, got)
			}
			given[a] = true
		}
		if got := Capacity(prefix); got != int64(len(given)) {
			t.Errorf("%s: got capacity %d, but %d addresses were given", cidr, got, len(given))
		}
	}
}

func TestCapacity(t *testing.T) {
	for _, tt := range []struct {
		cidr string
		want int64
	}{
		{"127.8.0.0/16", 65534},
		{"0.0.0.0/0", 1<<32 - 2},
		{"2001:db8::/112", 65535},
		{"2001:db8::/32", math.MaxInt64},
	} {
		if got := Capacity(netip.MustParsePrefix(tt.cidr)); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.cidr, got, tt.want)
		}
	}
}

func TestVSwitchRange(t *testing.T) {
	for _, tt := range []struct{ cidr, want string }{
		{"127.8.0.0/16", "127.8.0.0/16"},
		{"127.8.0.5/16", "127.8.0.0/16"},
		{"192.0.2.7/32", "192.0.2.7/32"},
		{"10.0.0.0/8", "10.0.0.0/8"},
		{"127.0.0.0/8", "127.0.0.0/8"},
		{"100.64.0.0/10", "100.64.0.0/10"},
		{"2001:db8::5/64", "2001:db8::/64"},
		{"::1/128", "::1/128"},
		{"fd00::/8", "fd00::/8"},
		{"::ffff:127.21.0.0/112", "127.21.0.0/16"},
		{"::ffff:127.21.0.9/128", "127.21.0.9/32"},
		{"::ffff:7f15:0/112", "127.21.0.0/16"},

		{"0.0.0.0/0", ""},
		{"0.0.0.0/32", ""},
		{"0.0.0.0/1", ""},
		{"0.1.2.0/24", ""},
		{"::/0", ""},
		{"::/128", ""},
		{"::/1", ""},
		{"::/96", ""},
		{"::ffff:0:0/96", ""},
		{"::ffff:0:0/95", ""},
		{"::ffff:0.0.0.0/104", ""},
		{"::ffff:127.21.0.0/80", ""},
		{"::ffff:224.0.0.0/100", ""},
		{"128.0.0.0/1", ""},
		{"169.254.0.0/16", ""},
		{"169.254.169.254/32", ""},
		{"fe80::/64", ""},
		{"fe80::1/128", ""},
		{"febf::/16", ""},
		{"224.0.0.0/4", ""},
		{"239.1.2.0/24", ""},
		{"255.255.255.255/32", ""},
		{"240.0.0.0/8", ""},
		{"ff02::/16", ""},
		{"ff00::/8", ""},
		{"8000::/1", ""},
	} {
		got, err := VSwitchRange(netip.MustParsePrefix(tt.cidr))
		if tt.want == "" && err == nil || tt.want != "" && (err != nil || got.String() != tt.want) {
			t.Errorf("%s: got %s, %v, want %q", tt.cidr, got, err, tt.want)
		}
	}
	if _, err := VSwitchRange(netip.Prefix{}); err == nil {
		t.Error("no range at all is accepted")
	}
}
