package proxy

import "elbow/internal/overload"

// What a listener refuses because there is too much of something is
// counted here, and begins an episode in the log.

// refuseShake counts a connection that ends for want of a turn.
func (l *Listener) refuseShake(why error) {
	counts := l.frontend.counts.Local()
	counts.refused.Inc()
	counts.refusals[overload.OfHandshakes].Inc()
	l.proxy.shaking.Refuse(l.proxy.process.log, errShakes, "reason", why)
}

// refuseDescriptor counts a connection that there is no descriptor for.
func (l *Listener) refuseDescriptor() {
	counts := l.frontend.counts.Local()
	counts.refused.Inc()
	counts.refusals[overload.OfDescriptors].Inc()
	l.proxy.scarce.Refuse(l.proxy.process.log, overload.ErrDescriptors, "limit", l.proxy.files.Limit)
}
