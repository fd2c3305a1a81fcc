package exchange

import "elbow/internal/socket"

// Finish releases the backend connection and everything else that the exchange holds,
// and writes the metrics and the access-log record. It works after a panic as well.
func (x *Exchange) Finish() {
	if x.Upload.Running {
		if f := x.Upload.join(); f != nil {
			x.Keep = false
			if f.Err == ErrStalled { // the cut made it look as if the client had left
				x.Record.Fault = f
			}
		}
	}
	x.Via.part(x.answer == whole)
	if x.Record.Status == 0 { // a panic interrupted it
		x.Record.Status, x.Record.Fault = 500, &Fault{Side: Self, Op: OpHead, Status: 500, Err: errPanic}
	}
	x.back.Drop()
	x.Record.backend, x.Record.Ended = x.assigned.backend, socket.Now()
	x.assigned.leave()
	x.confirm()
	if f := x.Record.Fault; f != nil {
		x.Record.Fault = x.ours(f)
	}
	x.From.Frontend.Retries.Earn()
	x.count()
	x.log()
}

// ours replaces f by the reason of the cut if the proxy itself cut the connection.
func (x *Exchange) ours(f *Fault) *Fault {
	var err error
	switch reason := x.From.CutFor.Load(); {
	case reason != nil:
		err = reason.Err
	case f.Side == Upstream && f.Op >= OpConnect && x.Record.backend != nil && x.Record.backend.expired.Load():
		err = ErrOffBackend
	default:
		return f
	}
	return &Fault{Side: Self, Op: f.Op, Status: f.Status, Err: err}
}

// confirm waits until the client has received a long answer.
func (x *Exchange) confirm() {
	if x.answer != whole || x.Record.Fault != nil {
		return
	}
	if f := x.client.Taken(); f != nil {
		x.Record.Fault = f
		x.Record.Ended = socket.Now()
		x.Keep = false
	}
}

// Farewell returns when the answer that ends its connection was sent; 0 if there was
// none or the client has left.
func (x *Exchange) Farewell() socket.Instant {
	f := x.Record.Fault
	if !x.headSent() || f != nil && f.Side == Client && (f.Op == OpBody || f.Op == OpTunnel) {
		return 0
	}
	return x.Record.Ended
}
