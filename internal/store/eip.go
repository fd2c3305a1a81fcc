package store

import (
	"net/netip"

	"elbow/internal/elb"

	clientv3 "go.etcd.io/etcd/client/v3"
)

var (
	eips         = kind[elb.EIP]{name: "EIP"}
	eipAddresses = kind[string]{name: "address of an EIP"} // id of the EIP with the address
)

// EIP reads one EIP.
func (r *Reader) EIP(id string) (elb.EIP, bool) { return read(r, eips, under(eipPrefix, id)) }

// EIPs lists all EIPs in the order of their ids.
func (r *Reader) EIPs() []elb.EIP { return list(r, eips, eipPrefix) }

// CountEIPsFrom counts the EIPs with addresses from first to last. Update does
// not check that they are unchanged: it only checks the one address that
// CreateEIP takes.
func (r *Reader) CountEIPsFrom(first, last netip.Addr) int {
	return r.count(eipAddressKey(first), clientv3.WithRange(eipAddressKey(last)+"\x00"))
}

// HasEIP reports whether an EIP has the address.
func (r *Reader) HasEIP(address netip.Addr) bool {
	_, found := read(r, eipAddresses, eipAddressKey(address))
	return found
}

// CreateEIP writes a new EIP and takes its address. If another one took id or
// address meanwhile, Update retries.
func (tx *Tx) CreateEIP(e elb.EIP) {
	key, taken := under(eipPrefix, e.ID), eipAddressKey(e.Address)
	tx.keys[key], tx.keys[taken] = 0, 0
	put(tx, eips, key, e)
	put(tx, eipAddresses, taken, e.ID)
}

// PutEIP writes an EIP that was read.
func (tx *Tx) PutEIP(e elb.EIP) { put(tx, eips, under(eipPrefix, e.ID), e) }

// DeleteEIP deletes an EIP and releases its address.
func (tx *Tx) DeleteEIP(e elb.EIP) {
	tx.delete(under(eipPrefix, e.ID))
	tx.delete(eipAddressKey(e.Address))
}
