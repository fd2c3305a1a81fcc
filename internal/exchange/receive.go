package exchange

import "elbow/internal/socket"

// receive takes the answer in and passes it on: interim heads, the final head,
// the body.
func (x *Exchange) receive() *Fault {
	x.back.Drop() // whatever an attempt before has left
	x.back.Long = false
	for {
		if f := x.Via.head(); f != nil {
			return f
		}
		if x.Resp.Status == 101 {
			return x.tunnel()
		}
		if !x.Resp.Interim() {
			break
		}
		if f := x.client.Interim(); f != nil {
			return f
		}
	}
	x.Record.Status = x.Resp.Status
	x.Record.Answered = socket.Now()
	return x.relay()
}

// relay passes the body of the answer on.
func (x *Exchange) relay() *Fault {
	if f := x.client.Begin(x.bodyRead()); f != nil {
		return f
	}
	if x.Upload.Running {
		x.Upload.Answered.Store(true)
	}
	for {
		from, to, last, f := x.Via.payload()
		if f != nil {
			return f
		}
		x.relayed = last
		if last && !x.Upload.Running {
			x.Via.part(true) // before the write, so that others can have it
			x.vacate()
		}
		if f := x.client.Deliver(x.back.Buf.B, from, to, last); f != nil || last {
			return f
		}
		x.back.lengthen(x.client.Swift())
		if f := x.Via.more(); f != nil {
			return f
		}
	}
}

// sentAt is when the last byte of the request was sent; 0 if it has not been.
func (x *Exchange) sentAt() socket.Instant {
	if x.Upload.Running {
		return socket.Instant(x.Upload.Ended.Load())
	}
	return x.sent
}
