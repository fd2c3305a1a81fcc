package address

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"github.com/vishvananda/netlink"
)

// Addresses are the addresses that this process has added to the loopback
// interface. It is used by one goroutine at a time.
type Addresses struct {
	link netlink.Link
	ours map[netip.Addr]bool

	// label marks our IPv4 addresses on lo, so that a process finds those that a
	// killed process of the same owner has left. IPv6 addresses have no label:
	// those of a killed process stay, and are not considered ours from then on.
	label string
}

// OpenAddresses finds the interface and the addresses that an earlier process of
// the same owner left on it. Owners are identified by their names, of any length.
func OpenAddresses(owner string) (*Addresses, error) {
	link, err := netlink.LinkByName("lo")
	if err != nil {
		return nil, fmt.Errorf("interface lo: %w", err)
	}
	a := &Addresses{link: link, ours: make(map[netip.Addr]bool), label: label(owner)}
	there, err := netlink.AddrList(link, netlink.FAMILY_V4)
	if err != nil {
		return nil, fmt.Errorf("addresses of lo: %w", err)
	}
	for i := range there {
		if ip, ok := netip.AddrFromSlice(there[i].IP); ok && there[i].Label == a.label {
			a.ours[ip.Unmap()] = true
		}
	}
	return a, nil
}

// label is lo:elb and eight hexadecimal digits: the kernel allows 15 characters,
// which begin with the interface's name.
func label(owner string) string {
	hash := sha256.Sum256([]byte(owner))
	return fmt.Sprintf("lo:elb%x", hash[:4])
}

// Assign adds an address to the interface. If it is there already, its ownership
// does not change.
func (a *Addresses) Assign(ip netip.Addr) error {
	err := netlink.AddrAdd(a.link, a.host(ip))
	switch {
	case errors.Is(err, syscall.EEXIST):
		return nil
	case errors.Is(err, syscall.EPERM):
		return fmt.Errorf("this process may not put the address %s on lo: give it CAP_NET_ADMIN: %w", ip, err)
	case err != nil:
		return fmt.Errorf("put the address %s on lo: %w", ip, err)
	}
	a.ours[ip] = true
	return nil
}

// Keep removes every address of ours that is not in needed. If one cannot be
// removed, the next call tries again; one that was removed by others is
// forgotten.
func (a *Addresses) Keep(needed map[netip.Addr]bool) {
	for ip := range a.ours {
		if needed[ip] {
			continue
		}
		if err := netlink.AddrDel(a.link, a.host(ip)); err == nil || errors.Is(err, syscall.EADDRNOTAVAIL) {
			delete(a.ours, ip)
		}
	}
}

// host is an address with a full prefix. Its scope keeps the kernel from choosing
// it as the source of connections to other hosts.
func (a *Addresses) host(ip netip.Addr) *netlink.Addr {
	one := &netlink.Addr{
		IPNet: &net.IPNet{IP: ip.AsSlice(), Mask: net.CIDRMask(ip.BitLen(), ip.BitLen())},
		Scope: int(netlink.SCOPE_HOST),
	}
	if ip.Is4() {
		one.Label = a.label
	} else {
		// Otherwise the kernel would not allow binding it until it has checked
		// for duplicates, which cannot be on lo.
		one.Flags = syscall.IFA_F_NODAD
	}
	return one
}
