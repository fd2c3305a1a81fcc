package cert

import (
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
)

// inOrder returns the chain in an order in which it can be sent: the leaf first,
// then its issuer, the issuer's issuer and so on (RFC 5246, 7.4.2). Each
// certificate after the leaf follows one that it issued; an authority that
// several others have signed has one certificate from each of them, and all are
// kept (RFC 8446, 4.4.2). Otherwise the given order is kept. A certificate that
// issued none of the others is an error.
func inOrder(chain []*x509.Certificate) ([]*x509.Certificate, error) {
	ordered := make([]*x509.Certificate, 1, len(chain))
	ordered[0] = chain[0]
	left := slices.Clone(chain[1:])
	for len(left) > 0 {
		next := issuerIn(left, ordered[len(ordered)-1])
		for i := 0; next < 0 && i < len(ordered); i++ {
			next = issuerIn(left, ordered[i])
		}
		if next < 0 {
			return nil, strayed(chain, ordered, left[0])
		}
		ordered = append(ordered, left[next])
		left = slices.Delete(left, next, next+1)
	}
	return ordered, nil
}

// issuerIn returns the index of the first certificate that issued c, -1 if there
// is none.
func issuerIn(some []*x509.Certificate, c *x509.Certificate) int {
	return slices.IndexFunc(some, func(issuer *x509.Certificate) bool {
		return named(issuer, c) && signed(issuer, c) == nil
	})
}

// named reports whether c names issuer as its issuer.
func named(issuer, c *x509.Certificate) bool { return string(c.RawIssuer) == string(issuer.RawSubject) }

// signed returns nil if c was signed with the key of issuer. SHA-1 signatures are
// not checked: clients decide.
func signed(issuer, c *x509.Certificate) error {
	err := issuer.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature)
	if _, old := errors.AsType[x509.InsecureAlgorithmError](err); old {
		return nil
	}
	return err
}

// strayed says why a certificate does not belong to the ordered ones.
func strayed(chain, ordered []*x509.Certificate, stray *x509.Certificate) error {
	number := func(c *x509.Certificate) int { return slices.Index(chain, c) + 1 }
	if stray.Equal(chain[0]) {
		return fmt.Errorf("certificate %d of the chain (%s) is the first one again: remove it", number(stray), name(stray))
	}
	for _, c := range ordered {
		if named(stray, c) {
			return fmt.Errorf("certificate %d of the chain (%s) names certificate %d (%s) as its issuer but is not signed by it: %w",
				number(c), name(c), number(stray), name(stray), signed(stray, c))
		}
	}
	last := ordered[len(ordered)-1]
	return fmt.Errorf("certificate %d of the chain (%s) issued none of the others: remove it, or add what is missing between them; certificate %d (%s) was issued by %q",
		number(stray), name(stray), number(last), name(last), last.Issuer)
}
