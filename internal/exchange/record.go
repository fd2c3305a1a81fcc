package exchange

import "elbow/internal/accesslog"

// A Record is what is known of an exchange when it has ended: the access log and
// the metrics are made of it.
type Record struct {
	accesslog.Times
	Status   int   // as the client got it, or would have
	BytesIn  int64 // read from the client, head and body
	BytesOut int64 // written to the client, head and body
	backend  *Backend
	retries  int
	Fault    *Fault // nil: the exchange took its course
}

// log writes the line of the exchange in the access log. x.out, no longer
// needed, is what it is put together in.
func (x *Exchange) log() {
	access := x.From.Access
	if access == nil {
		return
	}
	r := &x.Record
	l := accesslog.Line{
		Times:        &r.Times,
		LoadBalancer: x.cfg.LoadBalancer,
		Listener:     x.cfg.Port,
		Client:       x.From.Addr(),
		Method:       x.Req.Method,
		Host:         x.Req.Authority,
		Path:         x.Req.Path,
		Proto:        x.client.Proto(),
		Status:       r.Status,
		In:           r.BytesIn,
		Out:          r.BytesOut,
		Retries:      r.retries,
		Fields:       x.Req.Fields,
	}
	if r.backend != nil {
		l.Backend = r.backend.ID
	}
	if f := r.Fault; f != nil {
		l.Side, l.Op, l.Err = f.Side.String(), f.Op.String(), f.Err
	}
	x.Out = l.Append(x.Out[:0])
	access.Add(x.Out)
	x.Out = x.Out[:0]
}
