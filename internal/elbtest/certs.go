package elbtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"
)

// A Certificate is a self-signed key pair in PEM.
type Certificate struct {
	Chain string
	Key   string
	Roots *x509.CertPool // that trusts it
}

// NewCertificate makes a key pair for the names, valid for a day.
func NewCertificate(t testing.TB, names ...string) Certificate {
	t.Helper()
	return NewCertificateUntil(t, time.Now().Add(24*time.Hour), names...)
}

// NewCertificateUntil makes a key pair, ECDSA P-256, whose validity ends at
// notAfter.
func NewCertificateUntil(t testing.TB, notAfter time.Time, names ...string) Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return certify(t, key, notAfter, names)
}

// NewRSACertificate makes an RSA key pair of the given number of bits, valid for a day.
func NewRSACertificate(t testing.TB, bits int, names ...string) Certificate {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return certify(t, key, time.Now().Add(24*time.Hour), names)
}

func certify(t testing.TB, key crypto.Signer, notAfter time.Time, names []string) Certificate {
	t.Helper()
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 100))
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: names[0], Organization: []string{"elbow tests"}},
		DNSNames:     names,
		NotBefore:    notAfter.Add(-48 * time.Hour),
		NotAfter:     notAfter,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, leaf, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	c := Certificate{
		Chain: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		Key:   string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})),
		Roots: x509.NewCertPool(),
	}
	c.Roots.AppendCertsFromPEM([]byte(c.Chain))
	return c
}
