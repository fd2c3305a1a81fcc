package proxy

import "elbow/internal/overload"

// What a listener or an exchange refuses because there is too much of something is
// counted here, and begins an episode in the log.

// refuseShake counts a connection that ends for want of a turn.
func (l *Listener) refuseShake(why error) {
	counts := l.counts.Local()
	counts.refused.Inc()
	counts.refusals[overload.OfHandshakes].Inc()
	l.proxy.shaking.Refuse(l.proxy.log, errShakes, "reason", why)
}

// refuseDescriptor counts a connection that there is no descriptor for.
func (l *Listener) refuseDescriptor() {
	counts := l.counts.Local()
	counts.refused.Inc()
	counts.refusals[overload.OfDescriptors].Inc()
	l.proxy.scarce.Refuse(l.proxy.log, overload.ErrDescriptors, "limit", l.proxy.files.Limit)
}

// noMemory is the Fault of a request that there is no memory for.
func (x *exchange) noMemory() *Fault {
	x.from.frontend.refuseMemory()
	return &Fault{Side: Self, Op: OpHead, Status: 503, Err: overload.ErrMemory}
}
