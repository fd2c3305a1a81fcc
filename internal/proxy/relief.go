package proxy

import (
	"elbow/internal/exchange"
	"elbow/internal/overload"
)

// relieve closes connections because of memory shortage, if there are clients that
// hold more than their share.
func (p *Proxy) relieve() {
	for _, f := range p.process.Budget.Relief(p.footprints) {
		f.Conn.GiveWay()
	}
}

// footprints appends the footprint of each connection.
func (p *Proxy) footprints(all []overload.Footprint) []overload.Footprint {
	for _, l := range p.listening() {
		l.conns.each(func(o *exchange.Origin) { all = append(all, o.Footprint()) })
	}
	return all
}
