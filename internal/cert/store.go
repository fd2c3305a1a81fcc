package cert

import (
	"crypto/tls"
	"errors"
	"strings"
	"sync/atomic"
)

// ErrNoCertificate is what a handshake ends with if no pair fits.
var ErrNoCertificate = errors.New("no certificate for this name")

// A Store chooses the key pair of each handshake by the name that the client
// asks for. The pairs may be exchanged at any time: handshakes that follow use
// the new ones, connections that are open keep what they have. The zero Store
// is empty and ready to use.
type Store struct {
	current atomic.Pointer[choice]
}

// A choice is what a Store chooses from; it does not change.
type choice struct {
	byName   map[string]*tls.Certificate // by lower-case name, "*." and all
	fallback *tls.Certificate
}

// Replace exchanges all pairs at once. byName maps names, exact
// ("www.example.com") or with a wildcard for their first label
// ("*.example.com"), to their pairs; fallback serves all other names and
// clients that send none, and may be nil.
func (s *Store) Replace(fallback *Pair, byName map[string]*Pair) {
	c := &choice{byName: make(map[string]*tls.Certificate, len(byName))}
	if fallback != nil {
		c.fallback = &fallback.TLS
	}
	for name, pair := range byName {
		c.byName[canonical(name)] = &pair.TLS
	}
	s.current.Store(c)
}

// GetCertificate has the form of tls.Config.GetCertificate. An exact name goes
// before a wildcard; a wildcard stands for exactly one label (RFC 9525, 6.3).
func (s *Store) GetCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	c := s.current.Load()
	if c == nil {
		return nil, ErrNoCertificate
	}
	if len(c.byName) > 0 && hello.ServerName != "" {
		if pair := c.find(canonical(hello.ServerName)); pair != nil {
			return pair, nil
		}
	}
	if c.fallback == nil {
		return nil, ErrNoCertificate
	}
	return c.fallback, nil
}

func (c *choice) find(name string) *tls.Certificate {
	if pair := c.byName[name]; pair != nil {
		return pair
	}
	if _, parent, ok := strings.Cut(name, "."); ok {
		return c.byName["*."+parent]
	}
	return nil
}

// canonical is a name as the map has it: names differ neither by case nor by
// the dot of the root (RFC 4343; RFC 6066, 3).
func canonical(name string) string {
	return strings.ToLower(strings.TrimSuffix(name, "."))
}
