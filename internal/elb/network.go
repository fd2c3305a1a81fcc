package elb

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// A Region is a node location.
type Region struct {
	ID       string
	Name     string
	EnName   string
	Area     string
	Province string
}

// A Network holds vSwitches.
type Network struct {
	ID          string // n-…
	RegionID    string
	Name        string
	Description string
	CIDR        netip.Prefix
	CreateTime  time.Time
	Tags        []Tag `json:",omitempty"`
}

// A VSwitch is the range that load balancers take their addresses from.
type VSwitch struct {
	ID          string // vsw-…
	NetworkID   string
	RegionID    string
	Name        string
	Description string
	CIDR        netip.Prefix
	CreateTime  time.Time
	Tags        []Tag `json:",omitempty"`
}

// networkRanges are the ranges that a network may be in: those of private
// networks (RFC 1918), as in ENS, and that of the loopback interface, whose
// addresses Linux serves without configuration.
var networkRanges = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("127.0.0.0/8"),
}

// The sizes of vSwitches, and of networks, which hold at least one vSwitch, as
// prefix lengths.
const (
	largestNetwork = 8
	largestVSwitch = 16
	smallestRange  = 29
)

// CheckNetwork returns nil if a network can have the range, else an error with
// the requirement.
func CheckNetwork(cidr netip.Prefix) error {
	if err := checkRange(cidr); err != nil {
		return err
	}
	if !slices.ContainsFunc(networkRanges, func(r netip.Prefix) bool { return contains(r, cidr) }) {
		return errors.New("must be in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 127.0.0.0/8")
	}
	return checkSize(cidr, largestNetwork)
}

// CheckVSwitch returns nil if a vSwitch can have the range, whatever its network.
func CheckVSwitch(cidr netip.Prefix) error {
	if err := checkRange(cidr); err != nil {
		return err
	}
	return checkSize(cidr, largestVSwitch)
}

func checkRange(cidr netip.Prefix) error {
	switch {
	case !cidr.IsValid() || !cidr.Addr().Is4():
		return errors.New("must be a range of IPv4 addresses, as 10.0.0.0/16")
	case cidr != cidr.Masked():
		return fmt.Errorf("has bits after its prefix: write it as %s", cidr.Masked())
	}
	return nil
}

func checkSize(cidr netip.Prefix, largest int) error {
	if cidr.Bits() < largest || cidr.Bits() > smallestRange {
		return fmt.Errorf("must have a prefix length from %d to %d", largest, smallestRange)
	}
	return nil
}

// Holds reports whether the whole range is in the network's.
func (n *Network) Holds(cidr netip.Prefix) bool { return contains(n.CIDR, cidr) }

// contains reports whether b is a subset of a.
func contains(a, b netip.Prefix) bool { return a.Bits() <= b.Bits() && a.Contains(b.Addr()) }
