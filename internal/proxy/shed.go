package proxy

import (
	"elbow/internal/http3"
	"elbow/internal/overload"
)

// relieve closes connections because memory is short, if there are clients that hold
// more than their share of it.
func (p *Proxy) relieve() {
	for _, f := range p.budget.Relief(p.footprints) {
		f.Conn.GiveWay()
	}
}

// footprints appends what each connection holds.
func (p *Proxy) footprints(all []overload.Footprint) []overload.Footprint {
	for _, l := range p.listening() {
		l.each(func(c *conn) { all = append(all, c.footprint()) })
	}
	return all
}

func (c *conn) footprint() overload.Footprint {
	itself := int64(overload.ConnCost)
	if c.h3 != nil {
		itself += overload.QUICCost
	}
	return c.memory.Footprint(c, c.client, itself, c.state.Load() == idle)
}

// GiveWay ends the connection because memory is short.
func (c *conn) GiveWay() {
	c.listener.counts.Local().shed.Inc()
	switch {
	case c.h3 != nil:
		c.cutFor.CompareAndSwap(nil, memoryShort)
		go c.h3.end(http3.ExcessiveLoad, "memory is short") // ends at once
	case c.h2.Load() == nil && c.retire(): // it was idle
	default:
		c.cutOff(memoryShort)
	}
}
