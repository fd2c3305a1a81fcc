package proxy

// What a listener or an exchange refuses because there is too much of something is
// counted here, and begins an episode in the log.

// refuseShake counts a connection that ends for want of a turn.
func (l *Listener) refuseShake(why error) {
	counts := l.counts.Local()
	counts.refused.Inc()
	counts.refusals[ofHandshakes].Inc()
	l.proxy.shaking.refuse(l.proxy.log, errShakes, "reason", why)
}

// refuseMemory counts what was refused because memory is short.
func (l *Listener) refuseMemory() {
	l.counts.Local().refusals[ofMemory].Inc()
	l.proxy.budget.refuse()
	l.proxy.shortage.refuse(l.proxy.log, errMemory)
}

// refuseDescriptor counts a connection that there is no descriptor for.
func (l *Listener) refuseDescriptor() {
	counts := l.counts.Local()
	counts.refused.Inc()
	counts.refusals[ofDescriptors].Inc()
	l.proxy.scarce.refuse(l.proxy.log, errDescriptors, "limit", l.proxy.files.limit)
}

// noMemory is the Fault of a request that there is no memory for.
func (x *exchange) noMemory() *Fault {
	x.conn.listener.refuseMemory()
	return &Fault{Side: Self, Op: OpHead, Status: 503, Err: errMemory}
}
