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
func (c *connections) overLimit() {
	c.overflow.beyond.Add(1)
	if !c.overflow.active.CompareAndSwap(false, true) {
		return
	}
	c.frontend.Process.Log.Warn("connections beyond the limit, new ones get 503", "listener", c.frontend.Addr,
		"limit", c.clients.maxListener, "total", c.clients.open.Load(), "total_limit", c.clients.max)
}

// maybeUnderLimit ends the episode if the numbers of connections, of this listener and in
// total, are well under their limits.
func (c *connections) maybeUnderLimit(here, total int) {
	all := c.clients
	if here > all.maxListener-all.maxListener/overflowShare || total > all.max-all.max/overflowShare ||
		!c.overflow.active.CompareAndSwap(true, false) {
		return
	}
	c.frontend.Process.Log.Info("connections within the limit again", "listener", c.frontend.Addr, "beyond", c.overflow.beyond.Swap(0))
}
