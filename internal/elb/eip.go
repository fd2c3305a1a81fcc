package elb

import (
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// An EIP is an address of the operator's pool. Associated with a load balancer, it
// is a second address that all of its listeners serve on.
type EIP struct {
	ID                 string // eip-…
	RegionID           string
	Name               string
	Description        string
	Address            netip.Addr
	Bandwidth          int    // Mbit/s; recorded, not enforced
	ISP                string // "": none was given
	ChargeType         string // PostPaid
	InternetChargeType string // 95BandwidthByMonth
	LoadBalancerID     string // "": not associated
	Standby            bool   // recorded; it serves all the same
	CreateTime         time.Time
	Tags               []Tag `json:",omitempty"`
}

// An AttachedEIP is an EIP as recorded in the load balancer that it is associated
// with.
type AttachedEIP struct {
	ID      string
	Address netip.Addr
}

// An EIPPool is the ranges that the operator has reserved for EIPs.
type EIPPool []netip.Prefix

// NewEIPPool returns a pool of ranges, each in the form of VSwitchRange; it is an
// error if two overlap.
func NewEIPPool(ranges []netip.Prefix) (EIPPool, error) {
	var pool EIPPool
	for _, given := range ranges {
		cidr, err := VSwitchRange(given)
		if err != nil {
			return nil, fmt.Errorf("%s %w", given, err)
		}
		if other, found := pool.overlap(cidr); found {
			return nil, fmt.Errorf("%s and %s have addresses in common", other, cidr)
		}
		pool = append(pool, cidr)
	}
	return pool, nil
}

func (p EIPPool) overlap(cidr netip.Prefix) (netip.Prefix, bool) {
	i := slices.IndexFunc(p, cidr.Overlaps)
	if i < 0 {
		return netip.Prefix{}, false
	}
	return p[i], true
}

// Overlaps reports whether the pool has an address of the range.
func (p EIPPool) Overlaps(cidr netip.Prefix) bool {
	_, found := p.overlap(cidr)
	return found
}

// Range returns the range of the pool that has the address; it is invalid if the
// pool does not assign the address. Of each range the assignable addresses are
// those of FreeAddress.
func (p EIPPool) Range(a netip.Addr) netip.Prefix {
	for _, cidr := range p {
		if first, last := hosts(cidr); !a.Less(first) && !last.Less(a) {
			return cidr
		}
	}
	return netip.Prefix{}
}

// FreeAddress is the lowest free address in the first range that has one; the
// zero address if none has. Ranges that overlap one of besides are skipped. See
// FreeAddress for taken.
func (p EIPPool) FreeAddress(besides []netip.Prefix, taken func(first, last netip.Addr) int) netip.Addr {
	for _, cidr := range p {
		if slices.ContainsFunc(besides, cidr.Overlaps) {
			continue
		}
		if a := FreeAddress(cidr, taken); a.IsValid() {
			return a
		}
	}
	return netip.Addr{}
}
