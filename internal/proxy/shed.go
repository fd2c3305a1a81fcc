package proxy

import "elbow/internal/http3"

// relieve closes connections because memory is short, if there are clients that hold
// more than their share of it.
func (p *Proxy) relieve() {
	for _, f := range p.budget.relief(p.footprints) {
		f.conn.giveWay()
	}
}

// footprints appends what each connection holds.
func (p *Proxy) footprints(all []footprint) []footprint {
	for _, l := range p.listening() {
		l.each(func(c *conn) { all = append(all, c.footprint()) })
	}
	return all
}

func (c *conn) footprint() footprint {
	itself := int64(connCost)
	if c.h3 != nil {
		itself += quicCost
	}
	return c.memory.footprint(c, c.client, itself, c.state.Load() == idle)
}

// giveWay ends the connection because memory is short.
func (c *conn) giveWay() {
	c.listener.counts.Local().shed.Inc()
	switch {
	case c.h3 != nil:
		go c.h3.end(http3.ExcessiveLoad, "memory is short") // ends at once
	case c.h2.Load() == nil && c.retire(): // it was idle
	default:
		c.cut()
	}
}
