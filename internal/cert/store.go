package cert

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// ErrNoCertificate is the error of a handshake if there is no pair.
var ErrNoCertificate = errors.New("no certificate")

// A Store chooses the key pair of each handshake by the name that the client asks
// for and the signatures that it can verify. The pairs may be replaced at any
// time: later handshakes use the new ones, open connections are not affected. The
// zero Store is empty and ready to use.
type Store struct {
	current atomic.Pointer[choice]
}

// A choice is the content of a Store; it is immutable. Pairs of one name are in
// the order in which they are tried.
type choice struct {
	all    []*tls.Certificate
	byName map[string][]*tls.Certificate // by lower-case name, including "*."
	byAddr map[netip.Addr][]*tls.Certificate
}

// Replace replaces all pairs at once. ECDSA and Ed25519 are tried before RSA,
// whose signatures cost this side many times as much and the wire several hundred
// bytes; otherwise the order given is kept.
func (s *Store) Replace(pairs ...*Pair) {
	c := &choice{byName: make(map[string][]*tls.Certificate), byAddr: make(map[netip.Addr][]*tls.Certificate)}
	for _, isRSA := range [...]bool{false, true} {
		for _, p := range pairs {
			if (p.TLS.Leaf.PublicKeyAlgorithm == x509.RSA) == isRSA {
				c.add(&p.TLS)
			}
		}
	}
	s.current.Store(c)
}

func (c *choice) add(pair *tls.Certificate) {
	c.all = append(c.all, pair)
	for _, name := range pair.Leaf.DNSNames {
		if name = canonical(name); !slices.Contains(c.byName[name], pair) {
			c.byName[name] = append(c.byName[name], pair)
		}
	}
	for _, ip := range pair.Leaf.IPAddresses {
		addr, _ := netip.AddrFromSlice(ip) // crypto/x509 returns 4 or 16 bytes only
		if addr = addr.Unmap(); !slices.Contains(c.byAddr[addr], pair) {
			c.byAddr[addr] = append(c.byAddr[addr], pair)
		}
	}
}

// GetCertificate is for tls.Config.GetCertificate. A pair for the exact name is
// preferred to one with a wildcard, which stands for exactly one label (RFC 9525,
// 6.3). A client that sends no name counts as asking for the local address (RFC
// 9110, 4.3.4; RFC 6066, 3, allows only names in the field). Of these the
// currently valid pairs are preferred. Then come all others, again the valid ones
// first, so that the client itself reports the wrong name. Of equals the first is
// chosen whose signatures the client can verify. A single pair serves all
// clients.
func (s *Store) GetCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	c := s.current.Load()
	if c == nil || len(c.all) == 0 {
		return nil, ErrNoCertificate
	}
	if len(c.all) == 1 {
		return c.all[0], nil
	}
	exact, wild := c.named(hello)
	nameless := *hello
	nameless.ServerName = "" // SupportsCertificate is called for signatures only
	now := time.Now()
	for _, pairs := range [...][2][]*tls.Certificate{{exact, wild}, {c.all}} {
		for _, anyTime := range [...]bool{false, true} {
			for _, some := range pairs {
				for _, pair := range some {
					if (anyTime || validAt(pair.Leaf, now)) && nameless.SupportsCertificate(pair) == nil {
						return pair, nil
					}
				}
			}
		}
	}
	return c.all[0], nil // crypto/tls reports what is wrong with it
}

// named returns the pairs for the name that a client asks for or, if it asks for
// none, for the address that it has connected to; then those with a wildcard for
// it.
func (c *choice) named(hello *tls.ClientHelloInfo) (exact, wild []*tls.Certificate) {
	name := canonical(hello.ServerName)
	if name == "" {
		return c.byAddr[localAddr(hello.Conn)], nil
	}
	if addr, err := netip.ParseAddr(name); err == nil { // some clients send one all the same
		return c.byAddr[addr.Unmap()], nil
	}
	_, parent, _ := strings.Cut(name, ".")
	return c.byName[name], c.byName["*."+parent]
}

// localAddr is the local address of a connection; the zero Addr if it has none.
func localAddr(c net.Conn) netip.Addr {
	if c == nil {
		return netip.Addr{}
	}
	switch at := c.LocalAddr().(type) {
	case *net.TCPAddr:
		return at.AddrPort().Addr().Unmap().WithZone("")
	case *net.UDPAddr: // QUIC
		return at.AddrPort().Addr().Unmap().WithZone("")
	}
	return netip.Addr{}
}

func validAt(leaf *x509.Certificate, now time.Time) bool {
	return !now.Before(leaf.NotBefore) && !now.After(leaf.NotAfter)
}

// canonical is a name as a key of the map: case and the dot of the root do not
// matter (RFC 4343; RFC 6066, 3).
func canonical(name string) string {
	return strings.ToLower(strings.TrimSuffix(name, "."))
}
