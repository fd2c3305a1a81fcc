package proxy

import "elbow/internal/overload"

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
		l.each(func(o *Origin) { all = append(all, o.footprint()) })
	}
	return all
}

func (o *Origin) footprint() overload.Footprint {
	itself := int64(overload.ConnCost)
	if o.remote != nil { // QUIC
		itself += overload.QUICCost
	}
	return o.memory.Footprint(o, o.client, itself, o.state.Load() == idle)
}

// GiveWay ends the connection because memory is short.
func (o *Origin) GiveWay() {
	o.frontend.counts.Local().shed.Inc()
	o.member.giveWay()
}
