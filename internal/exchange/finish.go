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
	x.Via.part(x.Answer == whole)
	if x.Record.Status == 0 { // a panic interrupted it
		x.Record.Status, x.Record.Fault = 500, &Fault{Side: Self, Op: OpHead, Status: 500, Err: errPanic}
	}
	x.back.Drop()
	x.Record.backend, x.Record.Ended = x.assigned.backend, socket.Now()
	x.assigned.leave()
	if x.Answer == whole && x.Record.Fault == nil { // a long answer may not have arrived yet
		if f := x.client.Taken(); f != nil {
			x.Record.Fault, x.Record.Ended, x.Keep = f, socket.Now(), false
		}
	}
	x.Record.blame(x.From)
	x.From.Frontend.Retries.Earn()
	x.Record.count(x.From.Frontend)
	if access := x.From.Access; access != nil {
		x.Out = x.Record.appendLine(x.Out[:0], x.From, x.cfg, &x.Req, x.client.Proto())
		access.Add(x.Out)
		x.Out = x.Out[:0]
	}
}

// Farewell returns when the answer that ends its connection was sent; 0 if there was
// none or the client has left.
func (x *Exchange) Farewell() socket.Instant {
	f := x.Record.Fault
	if !x.Answer.headSent() || f != nil && f.Side == Client && (f.Op == OpBody || f.Op == OpTunnel) {
		return 0
	}
	return x.Record.Ended
}
