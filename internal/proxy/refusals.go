package proxy

import "elbow/internal/overload"

// What a listener refuses because there is too much of something is
// counted here, and begins an episode in the log.

// refuseShake counts a connection that ends for want of a turn.
func (l *Listener) refuseShake(why error) {
	counts := l.frontend.Counts.Local()
	counts.Refused.Inc()
	counts.Refusals[overload.OfHandshakes].Inc()
	l.proxy.shaking.Refuse(l.proxy.process.Log, errShakes, "reason", why)
}

// refuseDescriptor counts a connection that there is no descriptor for.
func (l *Listener) refuseDescriptor() {
	counts := l.frontend.Counts.Local()
	counts.Refused.Inc()
	counts.Refusals[overload.OfDescriptors].Inc()
	l.proxy.scarce.Refuse(l.proxy.process.Log, overload.ErrDescriptors, "limit", l.proxy.files.Limit)
}
