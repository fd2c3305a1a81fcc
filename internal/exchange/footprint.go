package exchange

import "elbow/internal/overload"

// Footprint estimates the memory that the connection holds.
func (o *Origin) Footprint() overload.Footprint {
	itself := int64(overload.ConnCost)
	if o.Remote != nil { // QUIC
		itself += overload.QUICCost
	}
	return o.Memory.Footprint(o, o.Client, itself, o.State.Load() == Idle)
}

// GiveWay ends the connection because memory is short.
func (o *Origin) GiveWay() {
	o.Frontend.Counts.Local().shed.Inc()
	o.Member.GiveWay()
}
