package proxy

import (
	"net/netip"
	"sync"
)

// sources count what each client has of something. A client is an address of IPv4, or
// a network of 64 bits of IPv6, of which one machine has all addresses (RFC 6177, 2).
// The zero value has none.
type sources struct {
	mu sync.Mutex
	n  map[netip.Addr]int // guarded by mu; none of them 0
}

// source is the client that an address is one of.
func source(a netip.Addr) netip.Addr {
	if a.Is4() || a.Is4In6() {
		return a.Unmap()
	}
	p, _ := a.WithZone("").Prefix(64) // fails for no address of IPv6
	return p.Addr()
}

// add counts n more.
func (s *sources) add(client netip.AddrPort, n int) {
	a := source(client.Addr())
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.n == nil {
		s.n = make(map[netip.Addr]int)
	}
	if s.n[a] += n; s.n[a] == 0 {
		delete(s.n, a)
	}
}

// of returns how many a client has.
func (s *sources) of(client netip.AddrPort) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n[source(client.Addr())]
}
