package store

import (
	"net/netip"

	"elbow/internal/elb"

	clientv3 "go.etcd.io/etcd/client/v3"
)

var loadBalancers = kind[elb.LoadBalancer]{name: "load balancer"}

// LoadBalancers are the load balancers, by id.
var LoadBalancers = loadBalancerTable{Table[elb.LoadBalancer]{loadBalancers, loadBalancerPrefix, func(v *elb.LoadBalancer) string { return v.ID }}}

type loadBalancerTable struct{ Table[elb.LoadBalancer] }

// CountAddresses counts the addresses taken in a vSwitch.
func (*loadBalancerTable) CountAddresses(s Snapshot, vSwitchID string) int {
	return s.reader().count(addressesOf(vSwitchID))
}

// CountAddressesFrom counts the addresses from first to last. Update does not check
// that they are unchanged: it only checks the one address that Create takes.
func (*loadBalancerTable) CountAddressesFrom(s Snapshot, vSwitchID string, first, last netip.Addr) int {
	return s.reader().count(addressKey(vSwitchID, first), clientv3.WithRange(addressKey(vSwitchID, last)+"\x00"))
}

// InVSwitch reports whether a load balancer has its address in the vSwitch.
func (*loadBalancerTable) InVSwitch(s Snapshot, vSwitchID string) bool {
	return len(s.reader().getRange(addressesOf(vSwitchID), clientv3.WithLimit(1), clientv3.WithKeysOnly())) > 0
}

// IDsIn lists the load balancers that have their address in a vSwitch, in the order
// of their addresses.
func (*loadBalancerTable) IDsIn(s Snapshot, vSwitchID string) (ids []string) {
	for _, kv := range s.reader().getRange(addressesOf(vSwitchID)) {
		ids = append(ids, string(kv.Value))
	}
	return ids
}

// Create writes a new load balancer and takes its address. If another one took id or
// address meanwhile, Update retries.
func (t *loadBalancerTable) Create(tx *Tx, lb elb.LoadBalancer) {
	taken := addressKey(lb.VSwitchID, lb.Address)
	tx.keys[t.key(lb.ID)], tx.keys[taken] = 0, 0
	t.Put(tx, lb)
	tx.writes = append(tx.writes, clientv3.OpPut(taken, lb.ID))
}

// Delete deletes a load balancer with its listeners and releases its address. The
// index entries of their certificates are removed if a transaction has room for
// that.
func (t *loadBalancerTable) Delete(tx *Tx, lb elb.LoadBalancer) {
	if tx.count(listenersOf(lb.ID)) <= maxForgotten {
		for _, l := range Listeners.Of(tx, lb.ID) {
			for _, key := range useKeys(l) {
				if len(tx.writes) < 2*maxForgotten {
					tx.unindex(key)
				}
			}
		}
	}
	t.Table.Delete(tx, lb.ID)
	tx.delete(listenersOf(lb.ID), clientv3.WithPrefix())
	tx.delete(addressKey(lb.VSwitchID, lb.Address))
}
