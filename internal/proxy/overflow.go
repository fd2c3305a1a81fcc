package proxy

import "sync/atomic"

// An overflow records that a listener is over its limit of connections. An episode begins
// with the first connection over a limit and ends when there are well under it, so
// that the log contains two lines for it and not two for each connection.
type overflow struct {
	active atomic.Bool
	beyond atomic.Int64 // connections over the limit in this episode
}

// overLimit records a connection over a limit.
func (l *Listener) overLimit() {
	l.overflow.beyond.Add(1)
	if !l.overflow.active.CompareAndSwap(false, true) {
		return
	}
	l.proxy.process.Log.Warn("connections beyond the limit, new ones get 503", "listener", l.Addr(),
		"limit", l.proxy.maxListener, "total", l.proxy.conns.Load(), "total_limit", l.proxy.max)
}

// maybeUnderLimit ends the episode if the numbers of connections, of this listener and in
// total, are well under their limits.
func (l *Listener) maybeUnderLimit(here, total int) {
	p := l.proxy
	if here > p.maxListener-p.maxListener/overflowShare || total > p.max-p.max/overflowShare ||
		!l.overflow.active.CompareAndSwap(true, false) {
		return
	}
	p.process.Log.Info("connections within the limit again", "listener", l.Addr(), "beyond", l.overflow.beyond.Swap(0))
}
