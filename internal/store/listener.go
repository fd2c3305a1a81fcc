package store

import (
	"cmp"

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

// Listeners lists those of all load balancers.
func (r *Reader) Listeners() []elb.Listener {
	return list(r, listeners, listenerPrefix)
}

// ListenerRevision is when a listener that this Reader read was last changed.
func (r *Reader) ListenerRevision(k elb.ListenerKey) int64 {
	key := listenerKey(k)
	return cmp.Or(r.keys[key], r.listed[key])
}

// PutListener writes a listener.
func (tx *Tx) PutListener(l elb.Listener) {
	put(tx, listeners, listenerKey(l.Key()), l)
}

// DeleteListener deletes a listener.
func (tx *Tx) DeleteListener(k elb.ListenerKey) {
	tx.delete(listenerKey(k))
}
