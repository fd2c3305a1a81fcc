package store

import "elbow/internal/elb"

var certificates = kind[elb.Certificate]{
	name: "certificate",
	secrets: func(c *elb.Certificate, each func(string) (string, error)) (err error) {
		c.KeyPEM, err = each(c.KeyPEM)
		return err
	},
}

// A number is a document that is one number.
var numbers = kind[int64]{name: "number"}

// Certificate reads one certificate with its private key.
func (r *Reader) Certificate(id int64) (elb.Certificate, bool) {
	return read(r, certificates, certificateKey(id))
}

// CertificateFacts lists all certificates in the order of their ids, oldest
// first, without their private keys: decrypting thousands of those takes a
// second.
func (r *Reader) CertificateFacts() []elb.Certificate {
	all := list(r, kind[elb.Certificate]{name: certificates.name}, certificatePrefix)
	for i := range all {
		all[i].KeyPEM = "" // sealed
	}
	return all
}

// CertificateNamed returns the id of the certificate of that name.
func (r *Reader) CertificateNamed(name string) (id int64, found bool) {
	return read(r, numbers, under(certificateNamePrefix, name))
}

// LastCertificateID is the highest id ever assigned, 0 if there is none.
func (r *Reader) LastCertificateID() int64 {
	last, _ := read(r, numbers, certificateLastKey)
	return last
}

// CreateCertificate writes a certificate under its name and the id after
// LastCertificateID.
func (tx *Tx) CreateCertificate(c elb.Certificate) {
	put(tx, certificates, certificateKey(c.ID), c)
	put(tx, numbers, under(certificateNamePrefix, c.Name), c.ID)
	put(tx, numbers, certificateLastKey, c.ID)
}

// DeleteCertificate deletes a certificate; its id is not assigned again.
func (tx *Tx) DeleteCertificate(c elb.Certificate) {
	tx.delete(certificateKey(c.ID))
	tx.delete(under(certificateNamePrefix, c.Name))
}
