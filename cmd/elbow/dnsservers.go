package main

import (
	"flag"
	"fmt"
	"net/netip"
	"strings"
)

func (c *config) dnsFlag(f *flag.FlagSet) {
	f.Var((*dnsServers)(&c.DNSServers), "dns-servers",
		"`ADDRESS`,… of the DNS servers that resolve the domain names of backends, as\n"+
			"10.0.0.53,[fd00::53]:5353, asked in this order (default: those of\n"+
			"/etc/resolv.conf, with its search list). /etc/hosts is read before")
}

// A dnsServers is the value of a flag: addresses separated by commas, each with or without
// a port, which is 53 then.
type dnsServers []netip.AddrPort

func (d *dnsServers) String() string {
	if d == nil {
		return ""
	}
	var all []string
	for _, at := range *d {
		all = append(all, at.String())
	}
	return strings.Join(all, ",")
}

func (d *dnsServers) Set(text string) error {
	*d = nil
	for one := range strings.SplitSeq(text, ",") {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		at, err := netip.ParseAddrPort(one)
		if a, single := netip.ParseAddr(one); single == nil {
			at, err = netip.AddrPortFrom(a, 53), nil
		}
		if err != nil || at.Port() == 0 {
			return fmt.Errorf("%q is not the address of a DNS server, as 10.0.0.53 or [fd00::53]:5353", one)
		}
		*d = append(*d, at)
	}
	return nil
}
