package proxy

import (
	"sync"
	"sync/atomic"

	"elbow/internal/exchange"
)

// clients are the client connections of the process, and their limits.
type clients struct {
	max         int
	maxListener int          // limit of each listener
	open        atomic.Int64 // of all listeners
}

// connections are the connections of a listener. They implement exchange.Members.
type connections struct {
	frontend *exchange.Frontend
	clients  *clients
	overflow overflow
	running  sync.WaitGroup // the accept loop and all connections

	mu   sync.Mutex
	open map[*exchange.Origin]struct{} // guarded by mu
}

// add adds a connection to the set and reports whether there was room.
func (c *connections) add(o *exchange.Origin) bool {
	ok := c.book(o)
	if o.Overflow {
		c.overLimit()
		if ok {
			c.frontend.Counts.Local().Overflow.Inc()
		}
	}
	return ok
}

func (c *connections) book(o *exchange.Origin) bool {
	all := c.clients
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.frontend.Hurries() {
		return false
	}
	here, total := len(c.open)+1, int(all.open.Add(1))
	o.Overflow = here > all.maxListener || total > all.max
	if here > all.maxListener+all.maxListener/overflowShare || total > all.max+all.max/overflowShare {
		all.open.Add(-1)
		return false
	}
	c.open[o] = struct{}{}
	c.running.Add(1)
	return true
}

// full reports whether add would find no room.
func (c *connections) full() bool {
	all := c.clients
	c.mu.Lock()
	here := len(c.open)
	c.mu.Unlock()
	return here >= all.maxListener+all.maxListener/overflowShare || int(all.open.Load()) >= all.max+all.max/overflowShare
}

// Become implements exchange.Members.
func (c *connections) Become(o *exchange.Origin, m exchange.Member) {
	c.mu.Lock()
	o.Member = m
	c.mu.Unlock()
}

// Remove implements exchange.Members.
func (c *connections) Remove(o *exchange.Origin) {
	c.mu.Lock()
	delete(c.open, o)
	here := len(c.open)
	c.mu.Unlock()
	o.Memory.Close()
	c.frontend.Counts.Local().Open.Add(-1)
	total := c.clients.open.Add(-1)
	if c.overflow.active.Load() {
		c.maybeUnderLimit(here, int(total))
	}
	c.running.Done()
}

// each calls f for every current connection. f must not block.
func (c *connections) each(f func(*exchange.Origin)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for o := range c.open {
		f(o)
	}
}

// await closes ended when the last connection has ended.
func (c *connections) await(ended chan<- struct{}) {
	c.running.Wait()
	close(ended)
}
