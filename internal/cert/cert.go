// Package cert reads the key pairs that customers upload and chooses among
// them in a handshake. It knows neither who uploaded them nor where they are
// kept. Start reading at Parse, then Store.
package cert

import (
	"crypto"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"time"
)

// A Pair is a certificate chain with the key of its leaf, checked and ready to
// serve. It is immutable.
type Pair struct {
	TLS   tls.Certificate // with Leaf set
	Facts Facts           // of the leaf
}

// Parse parses a chain and its key from PEM and checks everything that needs no
// outside information:
//   - there are certificates in the one text and one unencrypted RSA, ECDSA or
//     Ed25519 key in the other, and no blocks that belong elsewhere;
//   - the leaf comes first, the key is that of the leaf, and each further
//     certificate issued another one of the chain;
//   - none has expired. One that is not valid yet is accepted: it may be
//     uploaded ahead of time.
//
// The chain of the pair has every certificate of the text, each after one that it
// issued. Whether clients trust the chain is not checked. The error is one
// sentence for the person who uploaded it, and says what to do where that is
// known.
func Parse(chainPEM, keyPEM string, now time.Time) (*Pair, error) {
	chain, err := parseChain(chainPEM)
	if err != nil {
		return nil, err
	}
	key, err := parseKey(keyPEM)
	if err != nil {
		return nil, err
	}
	if err := checkMatch(chain, key); err != nil {
		return nil, err
	}
	chain, err = inOrder(chain)
	if err != nil {
		return nil, err
	}
	if err := checkExpiry(chain, now); err != nil {
		return nil, err
	}
	pair := &Pair{TLS: tls.Certificate{PrivateKey: key, Leaf: chain[0]}, Facts: factsOf(chain[0])}
	for _, c := range chain {
		pair.TLS.Certificate = append(pair.TLS.Certificate, c.Raw)
	}
	return pair, nil
}

// publicKey is implemented by the standard library's public keys.
type publicKey interface{ Equal(crypto.PublicKey) bool }

// checkMatch returns an error unless the key is that of the first certificate.
func checkMatch(chain []*x509.Certificate, key crypto.Signer) error {
	pub, ok := key.Public().(publicKey)
	if !ok {
		return fmt.Errorf("private keys of type %T are not supported", key)
	}
	for i, c := range chain {
		switch {
		case !pub.Equal(c.PublicKey):
		case i == 0:
			return nil
		default:
			return fmt.Errorf("the private key belongs to certificate %d of the chain (%s): that one has to come first, followed by its issuers", i+1, name(c))
		}
	}
	has, wants := describe(key.Public()), describe(chain[0].PublicKey)
	if has == wants {
		return fmt.Errorf("the private key does not match the certificate (%s): both are %s, but they are two different keys; the public key has the SHA-256 %s, that of the certificate %s",
			name(chain[0]), has, keySum(key.Public()), keySum(chain[0].PublicKey))
	}
	return fmt.Errorf("the private key does not match the certificate (%s): the key is %s, the certificate is for %s",
		name(chain[0]), has, wants)
}

// keySum is the start of the SHA-256 of a public key in DER: what "openssl pkey
// -pubout -outform der | sha256sum" prints.
func keySum(pub crypto.PublicKey) string {
	der, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		return "(unknown)"
	}
	sum := sha256.Sum256(der)
	return fmt.Sprintf("%x…", sum[:8])
}

func checkExpiry(chain []*x509.Certificate, now time.Time) error {
	for i, c := range chain {
		if now.After(c.NotAfter) {
			return fmt.Errorf("certificate %d of the chain (%s) expired at %s",
				i+1, name(c), c.NotAfter.UTC().Format(time.RFC3339))
		}
	}
	return nil
}

// name is how error texts name a certificate.
func name(c *x509.Certificate) string {
	switch {
	case c.Subject.CommonName != "":
		return fmt.Sprintf("CN %q", c.Subject.CommonName)
	case len(c.DNSNames) > 0:
		return fmt.Sprintf("for %q", c.DNSNames[0])
	}
	return fmt.Sprintf("serial number %x", c.SerialNumber)
}
