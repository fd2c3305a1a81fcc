package proxy

// A record is what is known of an exchange when it has ended: the access log and
// the metrics are made of it.
type record struct {
	times
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
	access := x.conn.proxy.access
	if access == nil {
		return
	}
	r := &x.record
	l := logLine{
		times:        &r.times,
		loadBalancer: x.cfg.LoadBalancer,
		listener:     x.cfg.Port,
		client:       x.conn.addr(),
		method:       x.req.Method,
		host:         x.req.Authority,
		path:         x.req.Path,
		proto:        x.client.proto(),
		status:       r.status,
		in:           r.bytesIn,
		out:          r.bytesOut,
		retries:      r.retries,
		fields:       x.req.Fields,
	}
	if r.backend != nil {
		l.backend = r.backend.ID
	}
	if f := r.fault; f != nil {
		l.side, l.op, l.err = f.Side.String(), f.Op.String(), f.Err
	}
	x.out = l.append(x.out[:0])
	access.add(x.out)
	x.out = x.out[:0]
}
