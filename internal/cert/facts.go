package cert

import (
	"crypto/sha1" // a fingerprint for identification, not for trust
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"strings"
	"time"
)

// Facts are the properties of a leaf that the certificate service shows.
type Facts struct {
	CommonName  string
	Sans        []string // DNS names, then IP addresses, then the rest, in the order of the leaf
	Issuer      string   // common name of the issuer or, if it has none, its organization
	OrgName     string
	Province    string
	City        string
	Country     string
	Fingerprint string // SHA-1, upper-case hexadecimal
	Sha2        string // SHA-256, upper-case hexadecimal
	SerialNo    string // upper-case hexadecimal
	Algorithm   string // RSA, ECC or Ed25519
	NotBefore   time.Time
	NotAfter    time.Time
}

func factsOf(leaf *x509.Certificate) Facts {
	return Facts{
		CommonName:  leaf.Subject.CommonName,
		Sans:        sans(leaf),
		Issuer:      issuer(leaf.Issuer),
		OrgName:     first(leaf.Subject.Organization),
		Province:    first(leaf.Subject.Province),
		City:        first(leaf.Subject.Locality),
		Country:     first(leaf.Subject.Country),
		Fingerprint: fmt.Sprintf("%X", sha1.Sum(leaf.Raw)),
		Sha2:        fmt.Sprintf("%X", sha256.Sum256(leaf.Raw)),
		SerialNo:    fmt.Sprintf("%X", leaf.SerialNumber),
		Algorithm:   algorithm(leaf.PublicKeyAlgorithm),
		NotBefore:   leaf.NotBefore.UTC(),
		NotAfter:    leaf.NotAfter.UTC(),
	}
}

func sans(leaf *x509.Certificate) []string {
	names := append([]string(nil), leaf.DNSNames...)
	for _, ip := range leaf.IPAddresses {
		names = append(names, ip.String())
	}
	names = append(names, leaf.EmailAddresses...)
	for _, uri := range leaf.URIs {
		names = append(names, uri.String())
	}
	return names
}

func issuer(n pkix.Name) string {
	if n.CommonName != "" {
		return n.CommonName
	}
	return first(n.Organization)
}

func algorithm(a x509.PublicKeyAlgorithm) string {
	if a == x509.ECDSA {
		return "ECC"
	}
	return a.String()
}

// first returns the first value of an attribute that may occur several times in a
// name.
func first(values []string) string { return strings.Join(values[:min(1, len(values))], "") }
