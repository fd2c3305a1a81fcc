package proxy

import (
	"cmp"
	"math"
	"net/netip"
	"slices"

	"elbow/internal/http3"
	"elbow/internal/socket"
)

// When memory is short and something is refused for it, the clients that hold most of
// it give some back: of each that has more than its share, the connections that hold
// most are closed. Clients with little keep what they have, so a crowd of them is
// refused as before, and nobody is closed for nothing.
const (
	// memoryShareOf8 is what one client may hold when memory is short, in eighths of
	// what all may.
	memoryShareOf8 = 1

	// reliefOf8 is how far what is reckoned goes down, so that there is room for
	// connections, too.
	reliefOf8 = 5

	// bigConn is what a connection may hold, in bytes, and not be closed for it: an
	// upload over HTTP/3 and ten requests besides. One that holds less is closed only if
	// it is idle, or its client has owed something for stallPatience.
	bigConn = 1 << 20
)

// hold reckons n bytes more, or less, of what the connection holds.
func (c *conn) hold(n int64) {
	c.held.Add(n)
	c.proxy.budget.held.Add(n)
}

// owes notes that an exchange of the connection can do nothing before its client does
// something, paid that it can.
func (c *conn) owes() {
	if c.owed.Add(1) == 1 {
		c.moved.Store(int64(socket.Now()))
	}
}

func (c *conn) paid() {
	c.owed.Add(-1)
	c.moved.Store(int64(socket.Now()))
}

// A footprint is what a connection holds of the memory.
type footprint struct {
	conn  *conn
	bytes int64
	owes  socket.Instant // since when its client has owed something; never: it does not
	idle  bool           // it has no request
}

// never is later than anything.
const never = socket.Instant(math.MaxInt64)

func (c *conn) footprint() footprint {
	f := footprint{conn: c, bytes: connCost + c.held.Load(), owes: never, idle: c.state.Load() == idle}
	if c.h3 != nil {
		f.bytes += quicCost
	}
	if c.owed.Load() > 0 {
		f.owes = socket.Instant(c.moved.Load())
	}
	return f
}

// dispensable reports whether the connection may be closed so that there is room.
func (f *footprint) dispensable(now socket.Instant) bool {
	return f.idle || f.bytes >= bigConn || f.owes != never && now >= f.owes.Add(stallPatience)
}

// relieve closes connections until less is reckoned, if that can be had from clients
// with more than their share.
func (p *Proxy) relieve() {
	b := &p.budget
	limit := b.total / budgetShare
	excess := b.reckoned() - limit/8*reliefOf8
	if b.tight.Load() { // what is reckoned is not all
		excess = max(excess, limit/8)
	}
	if excess <= 0 {
		b.greedy.Store(nil)
		return
	}
	share := limit / 8 * memoryShareOf8
	clients := p.footprints()
	b.greedy.Store(greedy(clients, share))
	for _, c := range dispensable(clients, excess, share, socket.Now()) {
		c.listener.counts.Local().shed.Inc()
		c.giveWay()
	}
}

// greedy returns who has more than the share; nil if nobody has.
func greedy(clients [][]footprint, share int64) *[]netip.Addr {
	var all []netip.Addr
	for _, of := range clients {
		if total(of) > share {
			all = append(all, source(of[0].conn.client.Addr()))
		}
	}
	if all == nil {
		return nil
	}
	return &all
}

// total is what the connections hold together.
func total(of []footprint) (bytes int64) {
	for i := range of {
		bytes += of[i].bytes
	}
	return bytes
}

// giveWay ends the connection because memory is short.
func (c *conn) giveWay() {
	switch {
	case c.h3 != nil:
		go c.h3.end(http3.ExcessiveLoad, "memory is short") // ends at once
	case c.h2.Load() == nil && c.retire(): // it was idle
	default:
		c.cut()
	}
}

// dispensable returns connections that hold so many bytes too much, or fewer if the
// clients with more than their share have not as many that can be done without. clients are
// the connections of each, who has most first. Of a client those go first that hold most,
// and of as much, give or take 64 KiB, those that have owed something for longest.
func dispensable(clients [][]footprint, excess, share int64, now socket.Instant) (all []*conn) {
	for _, of := range clients {
		has := total(of)
		slices.SortFunc(of, func(a, b footprint) int {
			return cmp.Or(cmp.Compare(b.bytes>>16, a.bytes>>16), cmp.Compare(a.owes, b.owes))
		})
		for i := range of {
			if excess <= 0 || has <= share {
				break
			}
			if of[i].dispensable(now) {
				all = append(all, of[i].conn)
				excess -= of[i].bytes
				has -= of[i].bytes
			}
		}
	}
	return all
}

// footprints returns what the connections of each client hold, the client with most
// first.
func (p *Proxy) footprints() [][]footprint {
	p.mu.Lock()
	var open []*Listener
	for l := range p.open {
		open = append(open, l)
	}
	p.mu.Unlock()
	of := make(map[netip.Addr][]footprint)
	for _, l := range open {
		l.each(func(c *conn) {
			a := source(c.client.Addr())
			of[a] = append(of[a], c.footprint())
		})
	}
	var all [][]footprint
	for a := range of {
		all = append(all, of[a])
	}
	slices.SortFunc(all, func(a, b []footprint) int { return cmp.Compare(total(b), total(a)) })
	return all
}
