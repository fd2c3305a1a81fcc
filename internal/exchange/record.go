package exchange

import "elbow/internal/accesslog"

// A Record holds the result of an exchange, from which the access log and the metrics
// are produced.
type Record struct {
	accesslog.Times
	Status   int   // sent to the client, or the one it would have got
	BytesIn  int64 // read from the client, head and body
	BytesOut int64 // written to the client, head and body
	backend  *Backend
	retries  int
	Fault    *Fault // nil: no fault
}

// log writes the access-log record. It reuses x.Out, which is no longer needed, as its
// buffer.
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
