package proxy

import "elbow/internal/overload"

// footprint is what the connection holds.
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
