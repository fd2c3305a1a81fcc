package demo

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"time"
)

// demoValidity is the validity period of the demo's certificates.
const demoValidity = 24 * time.Hour

// An authority signs the demo's certificate. Its own certificate is in a file, for curl.
type authority struct {
	caFile string
	roots  *x509.CertPool
	ca     *x509.Certificate
	caKey  *ecdsa.PrivateKey
}

func newAuthority(dir string) (a authority, err error) {
	if a.caKey, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return a, err
	}
	a.ca = &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "elbow demo authority"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(demoValidity),
		KeyUsage:              x509.KeyUsageCertSign,
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, a.ca, a.ca, a.caKey.Public(), a.caKey)
	if err != nil {
		return a, err
	}
	if a.ca, err = x509.ParseCertificate(der); err != nil {
		return a, err
	}
	a.roots = x509.NewCertPool()
	a.roots.AddCert(a.ca)
	a.caFile = filepath.Join(dir, "ca.pem")
	return a, os.WriteFile(a.caFile, []byte(pemText("CERTIFICATE", der)), 0o644)
}

// issue returns a certificate chain and a key for one address, in PEM.
func (a *authority) issue(ip netip.Addr) (chain, key string, err error) {
	leafKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", err
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2),
		Subject:      pkix.Name{CommonName: "elbow demo"},
		IPAddresses:  []net.IP{ip.AsSlice()},
		NotBefore:    a.ca.NotBefore,
		NotAfter:     a.ca.NotAfter,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, a.ca, leafKey.Public(), a.caKey)
	if err != nil {
		return "", "", err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(leafKey)
	if err != nil {
		return "", "", err
	}
	return pemText("CERTIFICATE", der), pemText("PRIVATE KEY", keyDER), nil
}

func pemText(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}
