package reconcile

import (
	"fmt"

	"elbow/internal/cert"
	"elbow/internal/elb"
)

// keyPairs are the key pairs of the certificates in use, by certificate id.
type keyPairs map[string]*cert.Pair

// get returns a certificate with its key, parsed once, however many listeners use it.
func (p keyPairs) get(id string, certificates map[string]elb.Certificate) (*cert.Pair, error) {
	if pair := p[id]; pair != nil {
		return pair, nil
	}
	c, ok := certificates[id]
	if !ok {
		return nil, fmt.Errorf("certificate %s does not exist: give the listener another ServerCertificateId", id)
	}
	// A certificate that was valid when it was uploaded is served: a warning in
	// the browser is better than no answer.
	pair, err := cert.Parse(c.ChainPEM, c.KeyPEM, c.CreateTime)
	if err != nil {
		return nil, fmt.Errorf("certificate %s cannot be used, give the listener another ServerCertificateId: %w", id, err)
	}
	p[id] = pair
	return pair, nil
}

// keep forgets the certificates that are not in use.
func (p keyPairs) keep(used map[string]bool) {
	for id := range p {
		if !used[id] {
			delete(p, id)
		}
	}
}
