package elb

import (
	"net/netip"
	"strings"
	"testing"
)

func TestReachAddress(t *testing.T) {
	for _, tt := range []struct {
		networks string
		allowed  string // separated by spaces
		refused  string
	}{
		{
			"", // everything except link-local and non-host addresses
			"127.0.0.1 10.0.0.7 192.0.2.1 8.8.8.8 100.100.100.201 ::1 fd00::1 fd00:ec2::253 2001:db8::7 ::ffff:10.0.0.7 64:ff9b::10.0.0.7 2002:a00:7::1 255.255.255.254",
			"0.0.0.0 0.0.0.1 0.255.255.255 :: ::ffff:0.0.0.0 ::ffff:0:0 224.0.0.1 239.255.255.255 ::ffff:224.0.0.1 ff02::1 ff05::2 255.255.255.255 " +
				"169.254.169.254 169.254.0.1 ::ffff:169.254.169.254 ::ffff:a9fe:a9fe 0:0:0:0:0:ffff:a9fe:a9fe fe80::1 febf::1 " +
				"64:ff9b::169.254.169.254 64:ff9b::a9fe:a9fe 2002:a9fe:a9fe::1 ::169.254.169.254 64:ff9b::0.0.0.0 2002:e000:1:: " +
				"100.100.100.200 ::ffff:100.100.100.200 64:ff9b::100.100.100.200 2002:6464:64c8::1 168.63.129.16 fd00:ec2::254 fd20:ce::254 fd00:c1::a9fe:a9fe",
		},
		{"10.0.0.0/8", "10.1.2.3 ::ffff:10.1.2.3", "11.0.0.1 127.0.0.1 ::1 169.254.169.254 64:ff9b::10.1.2.3 fd00::1"},
		{"10.0.0.0/8, fd00::/8,192.0.2.7", "10.1.2.3 fd00::7 192.0.2.7", "192.0.2.8 127.0.0.1"},
		{"::ffff:10.0.0.0/104", "10.1.2.3", "11.0.0.1"},
		// All addresses do not include the neighbours of the machine: those must
		// be named.
		{"0.0.0.0/0,::/0", "127.0.0.1 10.0.0.7 2001:db8::7", "169.254.169.254 fe80::1 0.0.0.0 :: 224.0.0.1 ff02::1 64:ff9b::169.254.169.254 100.100.100.200 fd00:ec2::254"},
		{"100.64.0.0/10", "100.100.100.201", "100.100.100.200"},
		{"100.64.0.0/10,100.100.100.200,fd00:ec2::254/128", "100.100.100.200 fd00:ec2::254", "168.63.129.16"},
		{"169.254.0.0/16", "169.254.169.254", "10.0.0.1 169.253.0.1"},
		{"0.0.0.0/0,169.254.169.254", "169.254.169.254 10.0.0.1", "169.254.169.253"},
		{"0.0.0.0/8,224.0.0.0/4", "", "0.0.0.0 224.0.0.1"},
	} {
		networks, err := ParseNetworks(tt.networks)
		if err != nil {
			t.Fatal(err)
		}
		r := &Reach{Networks: networks}
		for text := range strings.FieldsSeq(tt.allowed) {
			if err := r.Address(netip.MustParseAddr(text)); err != nil {
				t.Errorf("%q: %s %v", tt.networks, text, err)
			}
		}
		for text := range strings.FieldsSeq(tt.refused) {
			if err := r.Address(netip.MustParseAddr(text)); err == nil {
				t.Errorf("%q: %s is allowed", tt.networks, text)
			}
		}
	}
}

func TestReachSocket(t *testing.T) {
	own := func(all ...string) func() []netip.AddrPort {
		return func() (sockets []netip.AddrPort) {
			for _, text := range all {
				sockets = append(sockets, netip.MustParseAddrPort(text))
			}
			return sockets
		}
	}
	local := func(a netip.Addr) bool { return a == netip.MustParseAddr("192.0.2.1") }
	for _, tt := range []struct {
		own     []string
		at      string
		allowed bool
	}{
		{[]string{"127.0.0.1:8095"}, "127.0.0.1:8095", false},
		{[]string{"127.0.0.1:8095"}, "[::ffff:127.0.0.1]:8095", false},
		{[]string{"[::ffff:127.0.0.1]:8095"}, "127.0.0.1:8095", false},
		{[]string{"127.0.0.1:8095"}, "127.0.0.1:8097", true},
		{[]string{"127.0.0.1:8095"}, "127.0.0.2:8095", true},
		{[]string{"127.0.0.1:8095", "127.0.0.1:8096"}, "127.0.0.1:8096", false},
		{[]string{"0.0.0.0:8095"}, "127.0.0.1:8095", false},
		{[]string{"0.0.0.0:8095"}, "127.9.9.9:8095", false},
		{[]string{"0.0.0.0:8095"}, "[::1]:8095", false},
		{[]string{"[::]:8095"}, "127.0.0.1:8095", false},
		{[]string{"[::]:8095"}, "192.0.2.1:8095", false},
		{[]string{"[::]:8095"}, "[::ffff:192.0.2.1]:8095", false},
		{[]string{"[::]:8095"}, "192.0.2.2:8095", true},
		{[]string{"192.0.2.1:8095"}, "192.0.2.1:8095", false},
		{nil, "127.0.0.1:8095", true},
		{nil, "169.254.169.254:80", false},
	} {
		r := &Reach{Own: own(tt.own...), Local: local}
		if err := r.Socket(netip.MustParseAddrPort(tt.at)); (err == nil) != tt.allowed {
			t.Errorf("own %v, %s: %v, want allowed %v", tt.own, tt.at, err, tt.allowed)
		}
	}
	if err := new(Reach).Socket(netip.MustParseAddrPort("127.0.0.1:8095")); err != nil {
		t.Errorf("the zero Reach: %v", err)
	}
}

func TestParseNetworks(t *testing.T) {
	for text, want := range map[string]string{
		"": "[]", "10.0.0.0/8": "[10.0.0.0/8]", " 10.0.0.9/8 , ::1 ": "[10.0.0.0/8 ::1/128]", "::ffff:10.0.0.1": "[10.0.0.1/32]", "10.0.0.0/8,": "[10.0.0.0/8]",
	} {
		got, err := ParseNetworks(text)
		var all []string
		for _, p := range got {
			all = append(all, p.String())
		}
		if s := "[" + strings.Join(all, " ") + "]"; err != nil || s != want {
			t.Errorf("%q: got %s, %v, want %s", text, s, err, want)
		}
	}
	for _, text := range []string{"10.0.0.0/33", "10.0.0", "backends", "10.0.0.0/8;11.0.0.0/8", "fe80::1%eth0", "::ffff:10.0.0.0/90", "::ffff:0:0/95"} {
		if got, err := ParseNetworks(text); err == nil {
			t.Errorf("%q: got %v, want an error", text, got)
		}
	}
}

// A refused address is refused in every spelling.
func FuzzReachSpellings(f *testing.F) {
	f.Add("169.254.169.254")
	f.Add("fe80::1")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := netip.ParseAddr(text)
		if err != nil || a.Zone() != "" {
			return
		}
		r := new(Reach)
		plain := r.Address(a)
		if a.Is4() {
			if mapped := r.Address(netip.AddrFrom16(a.As16())); (mapped == nil) != (plain == nil) {
				t.Errorf("%s: %v, mapped %v", a, plain, mapped)
			}
		}
		if plain == nil && (a.Unmap().IsUnspecified() || a.Unmap().IsMulticast() || a.Unmap().IsLinkLocalUnicast()) {
			t.Errorf("%s is allowed", a)
		}
	})
}
