package proxy

import "elbow/internal/overload"

// This file counts what a listener refuses because of overload, and begins an episode
// in the log.

// refuseShake counts a connection that is closed because its handshake got no turn.
func (l *Listener) refuseShake(why error) {
	counts := l.frontend.Counts.Local()
	counts.Refused.Inc()
	counts.Refusals[overload.OfHandshakes].Inc()
	l.proxy.shaking.Refuse(l.proxy.process.Log, errShakes, "reason", why)
}

// refuseDescriptor counts a connection refused because no descriptor is available.
func (l *Listener) refuseDescriptor() {
	counts := l.frontend.Counts.Local()
	counts.Refused.Inc()
	counts.Refusals[overload.OfDescriptors].Inc()
	l.proxy.scarce.Refuse(l.proxy.process.Log, overload.ErrDescriptors, "limit", l.proxy.files.Limit)
}
