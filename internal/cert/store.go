package cert

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
)

// ErrNoCertificate is what a handshake ends with if there is no pair.
var ErrNoCertificate = errors.New("no certificate")

// A Store chooses the key pair of each handshake by the name that the client
// asks for and the signatures that it can verify. The pairs may be exchanged at
// any time: handshakes that follow use the new ones, connections that are open
// keep what they have. The zero Store is empty and ready to use.
type Store struct {
	current atomic.Pointer[choice]
}

// A choice is what a Store chooses from; it does not change. Pairs of one name
// are in the order in which they are tried.
type choice struct {
	all    []*tls.Certificate
	byName map[string][]*tls.Certificate // by lower-case name, "*." and all
}

// Replace exchanges all pairs at once. ECDSA and Ed25519 go before RSA, whose
// signatures cost this side many times as much and the wire several hundred
// bytes; apart from that they are tried in the order given.
func (s *Store) Replace(pairs ...*Pair) {
	c := &choice{byName: make(map[string][]*tls.Certificate)}
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
}

// GetCertificate has the form of tls.Config.GetCertificate. A pair that has the
// name goes before one that has a wildcard for it, which stands for exactly one
// label (RFC 9525, 6.3); then come all others, so that the client says itself
// what it thinks of the name. Of one kind the first is taken whose signatures
// the client can verify. A single pair serves everybody.
func (s *Store) GetCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	c := s.current.Load()
	if c == nil || len(c.all) == 0 {
		return nil, ErrNoCertificate
	}
	if len(c.all) == 1 {
		return c.all[0], nil
	}
	name := canonical(hello.ServerName)
	nameless := *hello
	nameless.ServerName = "" // SupportsCertificate is asked for signatures alone
	_, parent, _ := strings.Cut(name, ".")
	for _, pairs := range [...][]*tls.Certificate{c.byName[name], c.byName["*."+parent], c.all} {
		for _, pair := range pairs {
			if nameless.SupportsCertificate(pair) == nil {
				return pair, nil
			}
		}
	}
	return c.all[0], nil // crypto/tls says what is wrong with it
}

// canonical is a name as the map has it: names differ neither by case nor by
// the dot of the root (RFC 4343; RFC 6066, 3).
func canonical(name string) string {
	return strings.ToLower(strings.TrimSuffix(name, "."))
}
