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

// EIPs are the EIPs, by id.
var EIPs = eipTable{Table[elb.EIP]{eips, eipPrefix, func(v *elb.EIP) string { return v.ID }}}

type eipTable struct{ Table[elb.EIP] }

// CountFrom counts the EIPs with addresses from first to last. Update does not check
// that they are unchanged: it only checks the one address that Create takes.
func (*eipTable) CountFrom(s Snapshot, first, last netip.Addr) int {
	return s.reader().count(eipAddressKey(first), clientv3.WithRange(eipAddressKey(last)+"\x00"))
}

// HasAddress reports whether an EIP has the address.
func (*eipTable) HasAddress(s Snapshot, address netip.Addr) bool {
	_, found := read(s.reader(), eipAddresses, eipAddressKey(address))
	return found
}

// Create writes a new EIP and takes its address. If another one took id or address
// meanwhile, Update retries.
func (t *eipTable) Create(tx *Tx, e elb.EIP) {
	taken := eipAddressKey(e.Address)
	tx.keys[t.key(e.ID)], tx.keys[taken] = 0, 0
	t.Put(tx, e)
	put(tx, eipAddresses, taken, e.ID)
}

// Delete deletes an EIP and releases its address.
func (t *eipTable) Delete(tx *Tx, e elb.EIP) {
	t.Table.Delete(tx, e.ID)
	tx.delete(eipAddressKey(e.Address))
}
