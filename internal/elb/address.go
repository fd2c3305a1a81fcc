package elb

import (
	"math"
	"math/big"
	"net/netip"
)

// NextAddress is the lowest address of the range that a load balancer can have
// and taken does not claim, or the zero address if there is none.
//
// The first and the last address of an IPv4 range name the network and its
// broadcast, the first of an IPv6 range every router in it (RFC 4291, 2.6.1), so
// they are left out. Ranges of one and of two addresses have no such
// (RFC 3021, RFC 6164): a vSwitch may be as small as the machine's own address.
func NextAddress(cidr netip.Prefix, taken func(netip.Addr) bool) netip.Addr {
	first, last := hosts(cidr)
	for a := first; a.IsValid() && !last.Less(a); a = a.Next() {
		if !taken(a) {
			return a
		}
	}
	return netip.Addr{}
}

// Capacity is how many addresses of the range load balancers can have, at most
// what an int64 holds.
func Capacity(cidr netip.Prefix) int64 {
	first, last := hosts(cidr)
	n := new(big.Int).Sub(bigAddr(last), bigAddr(first))
	n.Add(n, big.NewInt(1))
	if !n.IsInt64() {
		return math.MaxInt64
	}
	return n.Int64()
}

// hosts are the first and the last address of a range that NextAddress gives.
func hosts(cidr netip.Prefix) (first, last netip.Addr) {
	cidr = cidr.Masked()
	first, last = cidr.Addr(), lastAddr(cidr)
	if cidr.Addr().BitLen()-cidr.Bits() < 2 {
		return first, last
	}
	if first.Is4() {
		last = last.Prev()
	}
	return first.Next(), last
}

// lastAddr is the address with every bit after the prefix set.
func lastAddr(cidr netip.Prefix) netip.Addr {
	b := cidr.Addr().AsSlice()
	for bit := cidr.Bits(); bit < len(b)*8; bit++ {
		b[bit/8] |= 0x80 >> (bit % 8)
	}
	last, _ := netip.AddrFromSlice(b) // b is as long as it came from an address
	return last
}

func bigAddr(a netip.Addr) *big.Int { return new(big.Int).SetBytes(a.AsSlice()) }
