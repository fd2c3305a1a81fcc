package elb

import "time"

// A Certificate is an uploaded key pair with the properties of its leaf.
type Certificate struct {
	ID       int64 // CertId
	Name     string
	ChainPEM string
	KeyPEM   string // encrypted at rest by the store

	CommonName  string
	Sans        []string
	Issuer      string
	OrgName     string
	Province    string
	City        string
	Country     string
	Fingerprint string // SHA-1 of the leaf, upper-case hex
	Sha2        string // SHA-256 of the leaf, upper-case hex
	SerialNo    string
	Algorithm   string // RSA or ECC
	NotBefore   time.Time
	NotAfter    time.Time
	CreateTime  time.Time
}
