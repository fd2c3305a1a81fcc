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

// Listener reads one listener.
func (r *Reader) Listener(k elb.ListenerKey) (elb.Listener, bool) {
	return read(r, listeners, listenerKey(k))
}

// ListenersOf lists the listeners of a load balancer in the order of their
// ports.
func (r *Reader) ListenersOf(loadBalancerID string) []elb.Listener {
	return list(r, listeners, listenersOf(loadBalancerID))
}

// Listeners lists the listeners of all load balancers.
func (r *Reader) Listeners() []elb.Listener {
	return list(r, listeners, listenerPrefix)
}

// ListenerRevision is the revision of the last change of a listener that this
// Reader read.
func (r *Reader) ListenerRevision(k elb.ListenerKey) int64 {
	key := listenerKey(k)
	return cmp.Or(r.keys[key], r.listed[key])
}

// PutListener writes a listener.
func (tx *Tx) PutListener(l elb.Listener) {
	var old []string
	if was, found := tx.Listener(l.Key()); found {
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

// DeleteListener deletes a listener.
func (tx *Tx) DeleteListener(k elb.ListenerKey) {
	if was, found := tx.Listener(k); found {
		for _, key := range useKeys(was) {
			tx.unindex(key)
		}
	}
	tx.delete(listenerKey(k))
}
