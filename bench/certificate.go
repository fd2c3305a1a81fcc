//go:build linux

package main

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
	"os"
	"path/filepath"
	"slices"
	"time"
)

// serverName is the name in the certificate.
const serverName = "bench.test"

// A keyPair is a certificate and its key, in PEM files.
type keyPair struct {
	cert string // chain
	key  string
	both string // certificate and key in one file, as HAProxy wants them
}

// writeCertificates writes the key pairs that all balancers serve: ECDSA P-256, and RSA
// 2048 for the row of RSA handshakes.
func (st *stage) writeCertificates() error {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	if st.ecdsa, err = writeKeyPair(filepath.Join(st.dir, "ecdsa"), ec); err != nil {
		return err
	}
	old, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	st.rsa, err = writeKeyPair(filepath.Join(st.dir, "rsa"), old)
	return err
}

// writeKeyPair writes a self-signed certificate; the files' names begin with
// prefix.
func writeKeyPair(prefix string, key crypto.Signer) (keyPair, error) {
	pair := keyPair{cert: prefix + "-cert.pem", key: prefix + "-key.pem", both: prefix + "-both.pem"}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: serverName},
		DNSNames:     []string{serverName},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	chainDER, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return pair, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return pair, err
	}
	chain := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: chainDER})
	private := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})

	for path, text := range map[string][]byte{pair.cert: chain, pair.key: private, pair.both: slices.Concat(chain, private)} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return pair, err
		}
	}
	return pair, nil
}
