package store

import (
	"cmp"
	"slices"

	"elbow/internal/elb"
)

var listeners = kind[elb.Listener]{
	name: "listener",
	secrets: func(l *elb.Listener, each func(string) (string, error)) error {
		seed, err := each(string(l.Seed))
		l.Seed = []byte(seed)
		return err
	},
}

// Listeners are the listeners of all load balancers.
var Listeners listenerTable

type listenerTable struct{}

// Get reads one listener.
func (listenerTable) Get(s Snapshot, k elb.ListenerKey) (elb.Listener, bool) {
	return read(s.reader(), listeners, listenerKey(k))
}

// Of lists the listeners of a load balancer in the order of their ports.
func (listenerTable) Of(s Snapshot, loadBalancerID string) []elb.Listener {
	return list(s.reader(), listeners, listenersOf(loadBalancerID))
}

// All lists the listeners of all load balancers.
func (listenerTable) All(s Snapshot) []elb.Listener {
	return list(s.reader(), listeners, listenerPrefix)
}

// Revision is the revision of the last change of a listener that s read.
func (listenerTable) Revision(s Snapshot, k elb.ListenerKey) int64 {
	r, key := s.reader(), listenerKey(k)
	return cmp.Or(r.keys[key], r.listed[key])
}

// Statuses lists the statuses that the nodes report of the listeners of a load
// balancer, in the order of their ports.
func (listenerTable) Statuses(s Snapshot, loadBalancerID string) []elb.ListenerStatus {
	return list(s.reader(), statuses, statusesOf(loadBalancerID))
}

// Put writes a listener.
func (t listenerTable) Put(tx *Tx, l elb.Listener) {
	var old []string
	if was, found := t.Get(tx, l.Key()); found {
		old = useKeys(was)
	}
	put(tx, listeners, listenerKey(l.Key()), l)
	now := useKeys(l)
	for _, key := range now {
		if !slices.Contains(old, key) {
			tx.index(key)
		}
	}
	for _, key := range old {
		if !slices.Contains(now, key) {
			tx.unindex(key)
		}
	}
}

// Delete deletes a listener.
func (t listenerTable) Delete(tx *Tx, k elb.ListenerKey) {
	if was, found := t.Get(tx, k); found {
		for _, key := range useKeys(was) {
			tx.unindex(key)
		}
	}
	tx.delete(listenerKey(k))
}
