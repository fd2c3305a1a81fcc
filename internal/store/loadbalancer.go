package store

import (
	"net/netip"

	"elbow/internal/elb"

	clientv3 "go.etcd.io/etcd/client/v3"
)

var loadBalancers = kind[elb.LoadBalancer]{name: "load balancer"}

// LoadBalancer reads one load balancer.
func (r *Reader) LoadBalancer(id string) (elb.LoadBalancer, bool) {
	return read(r, loadBalancers, under(loadBalancerPrefix, id))
}

// LoadBalancers lists all load balancers, in the order of their ids.
func (r *Reader) LoadBalancers() []elb.LoadBalancer {
	return list(r, loadBalancers, loadBalancerPrefix)
}

// CountAddresses counts the addresses taken in a vSwitch.
func (r *Reader) CountAddresses(vSwitchID string) int { return r.count(addressesOf(vSwitchID)) }

// CountAddressesFrom counts the addresses from first to last. Update does not
// check that they are unchanged: it only checks the one address that
// CreateLoadBalancer takes.
func (r *Reader) CountAddressesFrom(vSwitchID string, first, last netip.Addr) int {
	return r.count(addressKey(vSwitchID, first), clientv3.WithRange(addressKey(vSwitchID, last)+"\x00"))
}

// InVSwitch reports whether a load balancer has its address in the vSwitch.
func (r *Reader) InVSwitch(vSwitchID string) bool {
	return len(r.getRange(addressesOf(vSwitchID), clientv3.WithLimit(1), clientv3.WithKeysOnly())) > 0
}

// LoadBalancersIn lists the load balancers that have their address in a vSwitch, in
// the order of their addresses.
func (r *Reader) LoadBalancersIn(vSwitchID string) (ids []string) {
	for _, kv := range r.getRange(addressesOf(vSwitchID)) {
		ids = append(ids, string(kv.Value))
	}
	return ids
}

// CreateLoadBalancer writes a new load balancer and takes its address. If another
// one took id or address meanwhile, Update retries.
func (tx *Tx) CreateLoadBalancer(lb elb.LoadBalancer) {
	key := under(loadBalancerPrefix, lb.ID)
	taken := addressKey(lb.VSwitchID, lb.Address)
	tx.keys[key], tx.keys[taken] = 0, 0
	put(tx, loadBalancers, key, lb)
	tx.writes = append(tx.writes, clientv3.OpPut(taken, lb.ID))
}

// PutLoadBalancer writes a load balancer that was read.
func (tx *Tx) PutLoadBalancer(lb elb.LoadBalancer) {
	put(tx, loadBalancers, under(loadBalancerPrefix, lb.ID), lb)
}

// DeleteLoadBalancer deletes a load balancer with its listeners and releases its
// address. The index entries of their certificates are removed if a transaction
// has room for that.
func (tx *Tx) DeleteLoadBalancer(lb elb.LoadBalancer) {
	if tx.count(listenersOf(lb.ID)) <= maxForgotten {
		for _, l := range tx.ListenersOf(lb.ID) {
			for _, key := range useKeys(l) {
				if len(tx.writes) < 2*maxForgotten {
					tx.unindex(key)
				}
			}
		}
	}
	tx.delete(under(loadBalancerPrefix, lb.ID))
	tx.delete(listenersOf(lb.ID), clientv3.WithPrefix())
	tx.delete(addressKey(lb.VSwitchID, lb.Address))
}
