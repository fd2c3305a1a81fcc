package proxy

import "elbow/internal/socket"

// receive takes the answer in and passes it on: interim heads, the final head,
// the body.
func (x *exchange) receive() *Fault {
	x.back.drop() // whatever an attempt before has left
	x.back.long = false
	for {
		if f := x.via.head(); f != nil {
			return f
		}
		if x.resp.Status == 101 {
			return x.tunnel()
		}
		if !x.resp.Interim() {
			break
		}
		if f := x.client.interim(); f != nil {
			return f
		}
	}
	x.record.status = x.resp.Status
	x.record.Answered = socket.Now()
	return x.relay()
}

// relay passes the body of the answer on.
func (x *exchange) relay() *Fault {
	if f := x.client.begin(x.bodyRead()); f != nil {
		return f
	}
	for {
		from, to, last, f := x.via.payload()
		if f != nil {
			return f
		}
		x.relayed = last
		if last && !x.upload.running {
			x.via.part(true) // before the write, so that others can have it
			x.vacate()
		}
		if f := x.client.deliver(x.back.buf.B, from, to, last); f != nil || last {
			return f
		}
		x.back.lengthen(x.client.swift())
		if f := x.via.more(); f != nil {
			return f
		}
	}
}

// sentAt is when the last byte of the request was sent; 0 if it has not been.
func (x *exchange) sentAt() socket.Instant {
	if x.upload.running {
		return socket.Instant(x.upload.ended.Load())
	}
	return x.sent
}
