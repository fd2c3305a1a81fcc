package proxy

import (
	"elbow/internal/exchange"
	"elbow/internal/overload"
)

// relieve closes connections because memory is short, if there are clients that hold
// more than their share of it.
func (p *Proxy) relieve() {
	for _, f := range p.process.Budget.Relief(p.footprints) {
		f.Conn.GiveWay()
	}
}

// footprints appends what each connection holds.
func (p *Proxy) footprints(all []overload.Footprint) []overload.Footprint {
	for _, l := range p.listening() {
		l.each(func(o *exchange.Origin) { all = append(all, o.Footprint()) })
	}
	return all
}
