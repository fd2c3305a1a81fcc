//go:build !linux

package address

import (
	"errors"
	"net/netip"
)

// Addresses exist on Linux only.
type Addresses struct{}

// OpenAddresses fails: there is no netlink here.
func OpenAddresses(string) (*Addresses, error) {
	return nil, errors.New("-manage-addresses works on Linux only: add the addresses to an interface yourself")
}

// Assign is never called, because OpenAddresses fails.
func (*Addresses) Assign(netip.Addr) error { return errors.ErrUnsupported }

// Keep is never called either.
func (*Addresses) Keep(map[netip.Addr]bool) {}
