package store

import (
	"slices"

	clientv3 "go.etcd.io/etcd/client/v3"

	"elbow/internal/elb"
)

var certificates = kind[elb.Certificate]{
	name: "certificate",
	secrets: func(c *elb.Certificate, each func(string) (string, error)) (err error) {
		c.KeyPEM, err = each(c.KeyPEM)
		return err
	},
}

// A number is a document that is one number.
var numbers = kind[int64]{name: "number"}

// Certificates are the certificates, by id.
var Certificates certificateTable

type certificateTable struct{}

// Get reads one certificate with its private key.
func (certificateTable) Get(s Snapshot, id int64) (elb.Certificate, bool) {
	return read(s.reader(), certificates, certificateKey(id))
}

// Facts lists all certificates in the order of their ids, oldest first, without
// their private keys: decrypting thousands of those takes a second.
func (certificateTable) Facts(s Snapshot) []elb.Certificate {
	all := list(s.reader(), kind[elb.Certificate]{name: certificates.name}, certificatePrefix)
	for i := range all {
		all[i].KeyPEM = "" // sealed
	}
	return all
}

// Named returns the id of the certificate of that name.
func (certificateTable) Named(s Snapshot, name string) (id int64, found bool) {
	return read(s.reader(), numbers, under(certificateNamePrefix, name))
}

// LastID is the highest id ever assigned, 0 if there is none.
func (certificateTable) LastID(s Snapshot) int64 {
	last, _ := read(s.reader(), numbers, certificateLastKey)
	return last
}

// UserOf returns a listener that names a certificate.
func (certificateTable) UserOf(s Snapshot, id string) (elb.ListenerKey, bool) {
	r := s.reader()
	for _, name := range r.some(usesOf(id), 0) {
		k, ok := listenerKeyOf(name)
		if !ok {
			continue
		}
		// Update compares the index entries of the certificate, so that a
		// listener which begins to use it meanwhile is noticed.
		if l, found := peek(r, listeners, listenerKey(k)); found && slices.Contains(elb.CertificateIDs(l.CertificateID), id) {
			return k, true
		}
	}
	return elb.ListenerKey{}, false
}

// Create writes a certificate under its name and the id after LastID.
func (certificateTable) Create(tx *Tx, c elb.Certificate) {
	put(tx, certificates, certificateKey(c.ID), c)
	put(tx, numbers, under(certificateNamePrefix, c.Name), c.ID)
	put(tx, numbers, certificateLastKey, c.ID)
}

// Delete deletes a certificate; its id is not assigned again.
func (certificateTable) Delete(tx *Tx, c elb.Certificate) {
	tx.delete(certificateKey(c.ID))
	tx.delete(under(certificateNamePrefix, c.Name))
}

// ForgetUses drops what the index of listeners has of a certificate that is being
// deleted.
func (certificateTable) ForgetUses(tx *Tx, id string) { tx.delete(usesOf(id), clientv3.WithPrefix()) }
