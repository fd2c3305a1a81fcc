package elb

import (
	"net/netip"
	"testing"
)

func TestRangesOfNetworks(t *testing.T) {
	for _, tt := range []struct {
		cidr             string
		network, vSwitch bool // whether a network or a vSwitch may have it
	}{
		{"10.0.0.0/8", true, false},
		{"10.0.0.0/7", false, false},
		{"10.255.0.0/16", true, true},
		{"10.0.0.0/29", true, true},
		{"10.0.0.0/30", false, false},
		{"10.0.0.0/32", false, false},
		{"10.0.0.1/16", false, false}, // bits after the prefix
		{"172.16.0.0/12", true, false},
		{"172.16.0.0/11", false, false},
		{"172.32.0.0/16", false, true}, // whether the network contains it is checked elsewhere
		{"192.168.0.0/16", true, true},
		{"192.168.0.0/15", false, false},
		{"127.0.0.0/8", true, false},
		{"127.8.0.0/16", true, true},
		{"8.8.8.0/24", false, true},
		{"0.0.0.0/0", false, false},
		{"fd00::/16", false, false},
		{"::ffff:10.0.0.0/112", false, false},
	} {
		cidr := netip.MustParsePrefix(tt.cidr)
		if err := CheckNetwork(cidr); (err == nil) != tt.network {
			t.Errorf("network %s: %v", cidr, err)
		}
		if err := CheckVSwitch(cidr); (err == nil) != tt.vSwitch {
			t.Errorf("vSwitch %s: %v", cidr, err)
		}
	}
	if CheckNetwork(netip.Prefix{}) == nil || CheckVSwitch(netip.Prefix{}) == nil {
		t.Error("no range at all is accepted")
	}
}

func TestNetworkHolds(t *testing.T) {
	n := Network{CIDR: netip.MustParsePrefix("10.1.0.0/16")}
	for cidr, want := range map[string]bool{
		"10.1.0.0/16": true, "10.1.255.0/24": true, "10.1.0.0/15": false, "10.0.0.0/8": false, "10.2.0.0/24": false, "2001:db8::/64": false,
	} {
		if got := n.Holds(netip.MustParsePrefix(cidr)); got != want {
			t.Errorf("%s: got %t", cidr, got)
		}
	}
}
