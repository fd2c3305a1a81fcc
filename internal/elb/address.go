package elb

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"net/netip"
	"sort"
)

// notForListeners are the ranges in which no load balancer can have its address.
var notForListeners = []struct {
	cidr netip.Prefix
	why  string
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "addresses of this network, which nothing can listen on"},
	{netip.MustParsePrefix("::/128"), "the unspecified address"},
	{netip.MustParsePrefix("169.254.0.0/16"), "link-local addresses, which are not routed"},
	{netip.MustParsePrefix("fe80::/10"), "link-local addresses, which need an interface"},
	{netip.MustParsePrefix("224.0.0.0/4"), "multicast addresses"},
	{netip.MustParsePrefix("ff00::/8"), "multicast addresses"},
	{netip.MustParsePrefix("240.0.0.0/4"), "reserved addresses"},
	{netip.MustParsePrefix("::ffff:0:0/96"), "IPv4 addresses written as IPv6"},
}

// VSwitchRange returns the range of a vSwitch in normal form: without bits after
// the prefix, and as IPv4 if it is IPv4-mapped (RFC 4291, 2.5.5.2). A range with
// addresses that no load balancer can have is an error.
func VSwitchRange(cidr netip.Prefix) (netip.Prefix, error) {
	if !cidr.IsValid() {
		return cidr, errors.New("is not a range of addresses, as 10.1.0.0/24")
	}
	cidr = unmapped(cidr).Masked()
	for _, not := range notForListeners {
		if cidr.Overlaps(not.cidr) {
			return cidr, fmt.Errorf("holds %s (%s)", not.why, not.cidr)
		}
	}
	return cidr, nil
}

// unmapped returns a range of IPv4-mapped addresses as IPv4, any other unchanged.
func unmapped(cidr netip.Prefix) netip.Prefix {
	if cidr.Addr().Is4In6() && cidr.Bits() >= 96 {
		return netip.PrefixFrom(cidr.Addr().Unmap(), cidr.Bits()-96)
	}
	return cidr
}

// FreeAddress is the lowest free address of the range that a load balancer can
// have, or the zero address if there is none. taken counts the addresses in use
// from first to last; it is called some twenty times, however many there are.
//
// The first and the last address of an IPv4 range are the network and its
// broadcast address, the first of an IPv6 range that of all its routers (RFC
// 4291, 2.6.1), so they are left out. Ranges of one and of two addresses have
// none of these (RFC 3021, RFC 6164): a vSwitch may be as small as the machine's
// own address.
func FreeAddress(cidr netip.Prefix, taken func(first, last netip.Addr) int) netip.Addr {
	first, last := hosts(cidr)
	n := taken(first, last)
	if int64(n) >= Capacity(cidr) {
		return netip.Addr{}
	}
	// Of the n+1 addresses from the first on one is free. Either the first half
	// has it, or the second.
	offset := sort.Search(n, func(i int) bool { return taken(first, plus(first, i)) <= i })
	return plus(first, offset)
}

// plus is the address n after a.
func plus(a netip.Addr, n int) netip.Addr {
	b := a.AsSlice()
	for i := len(b) - 1; i >= 0 && n > 0; i-- {
		n += int(b[i])
		b[i] = byte(n)
		n >>= 8
	}
	sum, _ := netip.AddrFromSlice(b) // b has the length of an address
	return sum
}

// Capacity is the number of addresses of the range that load balancers can have,
// at most the maximum of an int64.
func Capacity(cidr netip.Prefix) int64 {
	first, last := hosts(cidr)
	n := new(big.Int).Sub(bigAddr(last), bigAddr(first))
	n.Add(n, big.NewInt(1))
	if !n.IsInt64() {
		return math.MaxInt64
	}
	return n.Int64()
}

// hosts are the first and the last address of a range that FreeAddress returns.
func hosts(cidr netip.Prefix) (first, last netip.Addr) {
	cidr = unmapped(cidr).Masked()
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
	last, _ := netip.AddrFromSlice(b) // b has the length of an address
	return last
}

func bigAddr(a netip.Addr) *big.Int { return new(big.Int).SetBytes(a.AsSlice()) }
