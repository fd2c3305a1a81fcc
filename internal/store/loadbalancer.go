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

// LoadBalancers lists them all, in the order of their ids.
func (r *Reader) LoadBalancers() []elb.LoadBalancer {
	return list(r, loadBalancers, loadBalancerPrefix)
}

// Addresses lists the addresses taken in a vSwitch, in their order. They do not
// become part of what Update finds unchanged: that is the one address that
// CreateLoadBalancer takes.
func (r *Reader) Addresses(vSwitchID string) []netip.Addr {
	kvs := r.get(addressesOf(vSwitchID), clientv3.WithPrefix(), clientv3.WithKeysOnly())
	taken := make([]netip.Addr, 0, len(kvs))
	for _, kv := range kvs {
		address, err := addressOf(string(kv.Key))
		if err != nil {
			r.err = err
			return nil
		}
		taken = append(taken, address)
	}
	return taken
}

// InVSwitch reports whether a load balancer has its address there.
func (r *Reader) InVSwitch(vSwitchID string) bool {
	return len(r.getRange(addressesOf(vSwitchID), clientv3.WithLimit(1), clientv3.WithKeysOnly())) > 0
}

// CreateLoadBalancer writes a new load balancer and takes its address. If
// another took one of the two meanwhile, Update tries again.
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

// DeleteLoadBalancer deletes a load balancer with its listeners and gives its
// address back.
func (tx *Tx) DeleteLoadBalancer(lb elb.LoadBalancer) {
	tx.delete(under(loadBalancerPrefix, lb.ID))
	tx.delete(listenersOf(lb.ID), clientv3.WithPrefix())
	tx.delete(addressKey(lb.VSwitchID, lb.Address))
}
