package proxy

import "elbow/internal/accesslog"

// A record is what is known of an exchange when it has ended: the access log and
// the metrics are made of it.
type record struct {
	accesslog.Times
	status   int   // as the client got it, or would have
	bytesIn  int64 // read from the client, head and body
	bytesOut int64 // written to the client, head and body
	backend  *Backend
	retries  int
	fault    *Fault // nil: the exchange took its course
}

// log writes the line of the exchange in the access log. x.out, no longer
// needed, is what it is put together in.
func (x *exchange) log() {
	access := x.from.access
	if access == nil {
		return
	}
	r := &x.record
	l := accesslog.Line{
		Times:        &r.Times,
		LoadBalancer: x.cfg.LoadBalancer,
		Listener:     x.cfg.Port,
		Client:       x.from.addr(),
		Method:       x.req.Method,
		Host:         x.req.Authority,
		Path:         x.req.Path,
		Proto:        x.client.proto(),
		Status:       r.status,
		In:           r.bytesIn,
		Out:          r.bytesOut,
		Retries:      r.retries,
		Fields:       x.req.Fields,
	}
	if r.backend != nil {
		l.Backend = r.backend.ID
	}
	if f := r.fault; f != nil {
		l.Side, l.Op, l.Err = f.Side.String(), f.Op.String(), f.Err
	}
	x.out = l.Append(x.out[:0])
	access.Add(x.out)
	x.out = x.out[:0]
}
