package cert

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// parseKey parses the one private key of text and checks that TLS can use it.
func parseKey(text string) (crypto.Signer, error) {
	block, err := keyBlock(text)
	if err != nil {
		return nil, err
	}
	parsed, err := parseKeyBlock(block)
	if err != nil {
		return nil, err
	}
	switch key := parsed.(type) {
	case *rsa.PrivateKey:
		if bits := key.N.BitLen(); bits < minRSABits || bits > maxRSABits {
			return nil, fmt.Errorf("the RSA key has %d bits, want %d to %d", bits, minRSABits, maxRSABits)
		}
		return key, nil
	case *ecdsa.PrivateKey:
		switch key.Curve {
		case elliptic.P256(), elliptic.P384(), elliptic.P521():
			return key, nil
		}
		return nil, fmt.Errorf("ECDSA keys on the curve %s are not supported, want P-256, P-384 or P-521", key.Params().Name)
	case ed25519.PrivateKey:
		return key, nil
	}
	return nil, fmt.Errorf("private keys of type %T are not supported, want RSA, ECDSA or Ed25519", parsed)
}

// parseKeyBlock parses PKCS #8, PKCS #1 or SEC 1, whatever the type of the block
// is.
func parseKeyBlock(block *pem.Block) (key any, err error) {
	if block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
		return nil, errors.New(`the private key is encrypted: decrypt it with "openssl pkey -in FILE" and upload the result`)
	}
	switch block.Type {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	case "OPENSSH PRIVATE KEY":
		return nil, errors.New(`the private key is in OpenSSH's own format: convert it with "ssh-keygen -p -m PEM -f FILE"`)
	case "PUBLIC KEY", "RSA PUBLIC KEY":
		return nil, errors.New("the private key is a public key")
	default:
		return nil, fmt.Errorf("the private key has a block %q, want PRIVATE KEY, RSA PRIVATE KEY or EC PRIVATE KEY", block.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("the private key cannot be read: %w", err)
	}
	return key, nil
}

// describe names the kind of a public key.
func describe(pub crypto.PublicKey) string {
	switch key := pub.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA with %d bits", key.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA on " + key.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return "of another kind"
}
