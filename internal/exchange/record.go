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

// blame replaces the Fault by the reason of the cut if the proxy itself cut the connection.
func (r *Record) blame(from *Origin) {
	f := r.Fault
	if f == nil {
		return
	}
	var err error
	switch reason := from.CutFor.Load(); {
	case reason != nil:
		err = reason.Err
	case f.Side == Upstream && f.Op >= OpConnect && r.backend != nil && r.backend.expired.Load():
		err = ErrOffBackend
	default:
		return
	}
	r.Fault = &Fault{Side: Self, Op: f.Op, Status: f.Status, Err: err}
}

// appendLine appends the access-log line of an exchange for req, which came by proto.
func (r *Record) appendLine(dst []byte, from *Origin, cfg *Config, req *Request, proto string) []byte {
	l := accesslog.Line{
		Times:        &r.Times,
		LoadBalancer: cfg.LoadBalancer,
		Listener:     cfg.Port,
		Client:       from.Addr(),
		Method:       req.Method,
		Host:         req.Authority,
		Path:         req.Path,
		Proto:        proto,
		Status:       r.Status,
		In:           r.BytesIn,
		Out:          r.BytesOut,
		Retries:      r.retries,
		Fields:       req.Fields,
	}
	if r.backend != nil {
		l.Backend = r.backend.ID
	}
	if f := r.Fault; f != nil {
		l.Side, l.Op, l.Err = f.Side.String(), f.Op.String(), f.Err
	}
	return l.Append(dst)
}

// count adds the exchange to the metrics of its listener and backend.
func (r *Record) count(listener *Frontend) {
	class := min(max(r.Status/100, 1), 5) // statuses above 599 count as 5xx
	l := listener.Counts.Local()
	l.ByClass[class].Inc()
	l.BytesIn.Add(uint64(r.BytesIn))
	l.BytesOut.Add(uint64(r.BytesOut))
	l.Total.Observe(r.Since(r.Ended))
	if r.retries > 0 {
		l.Retries.Add(uint64(r.retries))
	}
	if f := r.Fault; f != nil {
		l.Faults[f.Side][f.Op].Inc()
	}
	if r.backend == nil {
		return
	}
	b := r.backend.counts.Local()
	if r.Connected != 0 {
		l.Connect.Observe(r.Since(r.Connected))
		b.connect.Observe(r.Since(r.Connected))
	}
	if r.Answered != 0 {
		b.ByClass[class].Inc()
		l.answer.Observe(r.Since(r.Answered))
		b.answer.Observe(r.Since(r.Answered))
	}
	if f := r.Fault; f != nil && f.Side == Upstream {
		b.faults[f.Op].Inc()
	}
}
