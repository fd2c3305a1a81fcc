package overload

import (
	"net/netip"
	"sync"
)

// Sources counts something per client. A client is an IPv4 address, or an IPv6
// network of 64 bits, because one machine has all addresses of it (RFC 6177, 2).
// The zero value counts none.
type Sources struct {
	mu sync.Mutex
	n  map[netip.Addr]int // guarded by mu; none of them 0
}

// Source is the client that an address belongs to.
func Source(a netip.Addr) netip.Addr {
	if a.Is4() || a.Is4In6() {
		return a.Unmap()
	}
	p, _ := a.WithZone("").Prefix(64) // fails for no IPv6 address
	return p.Addr()
}

// Add counts n more.
func (s *Sources) Add(client netip.AddrPort, n int) {
	a := Source(client.Addr())
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.n == nil {
		s.n = make(map[netip.Addr]int)
	}
	if s.n[a] += n; s.n[a] == 0 {
		delete(s.n, a)
	}
}

// Of returns the count of a client.
func (s *Sources) Of(client netip.AddrPort) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n[Source(client.Addr())]
}
