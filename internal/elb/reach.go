package elb

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// A Reach says which addresses backends may have: a customer who may add backends
// could otherwise publish services that only this machine reaches. The zero Reach
// allows every address that a backend can have.
type Reach struct {
	// Networks are the allowed ranges of backends. Empty: every address except
	// link-local ones, which belong to neighbours of this machine, and those of
	// the metadata services of clouds. A network within a link-local range allows
	// its addresses, and a network that is exactly the address of a metadata
	// service allows that.
	Networks []netip.Prefix

	// Own lists the sockets that this node listens on for operators and the API.
	// An unspecified address stands for all local ones. Nil: none.
	Own func() []netip.AddrPort

	// Local reports whether an address belongs to this machine. Nil: only
	// loopback addresses do.
	Local func(netip.Addr) bool
}

var (
	// notForBackends are not addresses of a single host (RFC 1122, 3.2.1.3; RFC
	// 4291, 2.5.2 and 2.7). Connecting to an unspecified address connects to this
	// machine.
	notForBackends = []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("224.0.0.0/4"), netip.MustParsePrefix("255.255.255.255/32"),
		netip.MustParsePrefix("::/128"), netip.MustParsePrefix("ff00::/8"),
	}
	linkLocal = []netip.Prefix{netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("fe80::/10")}

	// metadata are the services from which a machine gets its credentials, in
	// clouds where their addresses are not link-local: Alibaba Cloud, Azure, AWS,
	// Google Cloud and Oracle Cloud.
	metadata = []netip.Prefix{
		netip.MustParsePrefix("100.100.100.200/32"), netip.MustParsePrefix("168.63.129.16/32"),
		netip.MustParsePrefix("fd00:ec2::254/128"), netip.MustParsePrefix("fd20:ce::254/128"), netip.MustParsePrefix("fd00:c1::a9fe:a9fe/128"),
	}

	// embedding are the ranges whose addresses embed an IPv4 address, with the
	// offset of its first byte: IPv4-compatible ones (RFC 4291, 2.5.5.1), those
	// of NAT64 (RFC 6052, 2.1), and 6to4 (RFC 3056, 2).
	embedding = []struct {
		cidr netip.Prefix
		at   int
	}{
		{netip.MustParsePrefix("::/96"), 12},
		{netip.MustParsePrefix("64:ff9b::/96"), 12},
		{netip.MustParsePrefix("2002::/16"), 2},
	}
)

// Address returns nil if a backend may have the address, else the reason: "is …".
func (r *Reach) Address(a netip.Addr) error {
	a = a.Unmap()
	if err := r.allows(a); err != nil {
		return err
	}
	for _, e := range embedding {
		if e.cidr.Contains(a) && !a.IsLoopback() {
			b := a.As16()
			v4 := netip.AddrFrom4([4]byte(b[e.at : e.at+4]))
			if err := r.allows(v4); err != nil {
				return fmt.Errorf("stands for %s, which %w", v4, err)
			}
		}
	}
	return nil
}

func (r *Reach) allows(a netip.Addr) error {
	var networks []netip.Prefix
	if r != nil {
		networks = r.Networks
	}
	if within(a, notForBackends) {
		return errors.New("is unspecified, a broadcast or a multicast address")
	}
	local, service := within(a, linkLocal), within(a, metadata)
	for _, n := range networks {
		if n.Contains(a) && (!local || within(n.Addr(), linkLocal)) && (!service || n.IsSingleIP()) {
			return nil
		}
	}
	switch {
	case local:
		return errors.New("is a link-local address")
	case service:
		return errors.New("is the metadata service of a cloud")
	case len(networks) == 0:
		return nil
	}
	return errors.New("is not in the networks that the operator allows for backends")
}

// Socket returns nil if requests and health checks may go to the address and
// port, else the reason.
func (r *Reach) Socket(at netip.AddrPort) error {
	if err := r.Address(at.Addr()); err != nil {
		return err
	}
	if r == nil || r.Own == nil {
		return nil
	}
	addr := at.Addr().Unmap()
	for _, own := range r.Own() {
		if own.Port() != at.Port() {
			continue
		}
		if listens := own.Addr().Unmap(); listens == addr || listens.IsUnspecified() && r.local(addr) {
			return errors.New("is a socket of this node itself: its API's, or the one for operators")
		}
	}
	return nil
}

func (r *Reach) local(a netip.Addr) bool {
	return a.IsLoopback() || r.Local != nil && r.Local(a)
}

func within(a netip.Addr, ranges []netip.Prefix) bool {
	for _, p := range ranges {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// ParseNetworks parses ranges and single addresses, separated by commas.
func ParseNetworks(text string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for one := range strings.SplitSeq(text, ",") {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		p, err := netip.ParsePrefix(one)
		if a, single := netip.ParseAddr(one); single == nil && a.Zone() == "" {
			p, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("%q is neither a range of addresses, as 10.0.0.0/8, nor an address", one)
		}
		if p.Addr().Is4In6() && p.Bits() < 96 {
			return nil, fmt.Errorf("%q holds IPv4 addresses written as IPv6 and others: write them as IPv4", one)
		}
		all = append(all, unmapped(p).Masked())
	}
	return all, nil
}
