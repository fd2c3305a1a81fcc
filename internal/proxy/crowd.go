package proxy

import "sync/atomic"

// A crowd records that a listener is over its limit of connections. An episode begins
// with the first connection over a limit and ends when there are well under it, so
// that the log contains two lines for it and not two for each connection.
type crowd struct {
	on     atomic.Bool
	beyond atomic.Int64 // connections over the limit in this episode
}

// crowded records a connection over a limit.
func (l *Listener) crowded() {
	l.crowd.beyond.Add(1)
	if !l.crowd.on.CompareAndSwap(false, true) {
		return
	}
	l.proxy.process.Log.Warn("connections beyond the limit, new ones get 503", "listener", l.Addr(),
		"limit", l.proxy.maxListener, "total", l.proxy.conns.Load(), "total_limit", l.proxy.max)
}

// relieved records the number of connections, of this listener and in total, when it
// may end an episode.
func (l *Listener) relieved(here, total int) {
	p := l.proxy
	if here > p.maxListener-p.maxListener/overflowShare || total > p.max-p.max/overflowShare ||
		!l.crowd.on.CompareAndSwap(true, false) {
		return
	}
	p.process.Log.Info("connections within the limit again", "listener", l.Addr(), "beyond", l.crowd.beyond.Swap(0))
}
