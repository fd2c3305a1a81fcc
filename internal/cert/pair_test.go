package cert

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"testing"
	"time"
)

// now is the time at which certificates are read in the tests.
var now = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// An entity is a certificate with its key, as an authority issues it.
type entity struct {
	leaf *x509.Certificate
	key  crypto.Signer
}

func (e entity) pem() string { return block("CERTIFICATE", e.leaf.Raw) }

func (e entity) keyPEM(t testing.TB) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(e.key)
	if err != nil {
		t.Fatal(err)
	}
	return block("PRIVATE KEY", der)
}

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func ecdsaKey(t testing.TB, curve elliptic.Curve) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func rsaKey(t testing.TB, bits int) crypto.Signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func ed25519Key(t testing.TB) crypto.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// fixedKey returns the same key in every run, and so are its signatures: a
// fuzzer's corpus must not change from process to process.
func fixedKey(n byte) crypto.Signer {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

// issue returns a certificate for name, valid for a year around now, signed by
// issuer or, if that is the zero entity, by itself.
func issue(t testing.TB, name string, issuer entity, key crypto.Signer, change ...func(*x509.Certificate)) entity {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(0xabc),
		Subject:               pkix.Name{CommonName: name},
		DNSNames:              []string{name},
		NotBefore:             now.AddDate(0, -6, 0),
		NotAfter:              now.AddDate(0, 6, 0),
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	for _, f := range change {
		f(template)
	}
	parent, signer := issuer.leaf, issuer.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return entity{leaf, key}
}

// full gives a certificate all the properties that the certificate service shows.
func full(c *x509.Certificate) {
	c.Subject.Organization = []string{"Example"}
	c.Subject.Province = []string{"Zhejiang"}
	c.Subject.Locality = []string{"Hangzhou"}
	c.Subject.Country = []string{"CN"}
	c.DNSNames = []string{"example.com", "*.example.com"}
	c.IPAddresses = []net.IP{net.ParseIP("192.0.2.1"), net.ParseIP("2001:db8::1")}
	c.EmailAddresses = []string{"a@example.com"}
	c.URIs = []*url.URL{{Scheme: "spiffe", Host: "example.com", Path: "/a"}}
}
