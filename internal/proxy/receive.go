package proxy

import (
	"errors"
	"io"
	"net"
	"os"
	"time"

	"elbow/internal/http1"
	"elbow/internal/socket"
)

// receive takes the answer in and passes it on: interim heads, the final head,
// the body.
func (x *exchange) receive() *Fault {
	x.back.drop() // whatever an attempt before has left
	for {
		if f := x.readAnswer(); f != nil {
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
	x.record.answered = socket.Now()
	return x.relay()
}

// readAnswer reads one response head.
func (x *exchange) readAnswer() *Fault {
	x.resp.Reset()
	toHead := string(x.req.Method) == "HEAD"
	for {
		if len(x.back.left()) > 0 {
			n, err := x.resp.Parse(x.back.left(), toHead)
			if err != nil {
				return &Fault{Side: Upstream, Op: OpReceive, Status: 502, Err: err}
			}
			if n > 0 {
				x.back.r += n
				return nil
			}
		}
		if f := x.more(x.cfg.requestTimeout(), OpReceive); f != nil {
			return f
		}
	}
}

// relay passes the body of the answer on.
func (x *exchange) relay() *Fault {
	x.back.body.Reset(x.resp.Framing, x.resp.Length)
	if f := x.client.begin(x.bodyRead()); f != nil {
		return f
	}
	for {
		from, to, err := x.back.payload()
		if err != nil {
			return &Fault{Side: Upstream, Op: OpBody, Status: 502, Err: err}
		}
		last := x.back.body.Done()
		x.relayed = last
		if last && !x.upload.running {
			x.part(x.reusable()) // before the write, so that others can have it
		}
		if f := x.client.deliver(x.back.buf.b[:], from, to, last); f != nil || last {
			return f
		}
		f := x.more(x.conn.proxy.limits.StreamTimeout, OpBody)
		if f == nil {
			continue
		}
		if f.Err != io.EOF || x.back.body.End() != nil {
			return f
		}
	}
}

// reusable reports whether nothing of this exchange is left in the backend
// connection: the request was sent to its end, the answer was read to its end,
// and nothing came behind it.
func (x *exchange) reusable() bool {
	return x.resp.KeepAlive && x.sendErr == nil && !x.upload.cut && len(x.back.left()) == 0
}

// more reads once from the backend into x.back, for at most limit: since the
// request was sent while the head of the answer is awaited, else from now on.
// It looks every now and then whether the client is still there.
func (x *exchange) more(limit time.Duration, op Op) *Fault {
	if x.back.full() {
		return &Fault{Side: Upstream, Op: op, Status: 502, Err: http1.ErrHeadLength}
	}
	began := socket.Now()
	for at := began; ; at = socket.Now() {
		since := began
		if op == OpReceive {
			since = x.sentAt()
		}
		if since != 0 && at >= since.Add(limit) {
			return &Fault{Side: Upstream, Op: op, Status: 504, Err: os.ErrDeadlineExceeded}
		}
		due := at.Add(watchEvery)
		if since != 0 {
			due = min(due, since.Add(limit))
		}
		x.up.ReadBy(due)
		n, err := x.back.read(&x.up.Conn)
		if n > 0 {
			x.heard = true
			return nil
		}
		if f := x.upload.failed(); f != nil {
			return f
		}
		if err != os.ErrDeadlineExceeded {
			return x.broken(op, err)
		}
		if x.client.gone() {
			return clientGone(op)
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

// broken is the Fault of a backend connection that ended with err.
func (x *exchange) broken(op Op, err error) *Fault {
	if errors.Is(err, net.ErrClosed) && x.client.gone() {
		return clientGone(op) // which is why it was closed
	}
	f := &Fault{Side: Upstream, Op: op, Status: 502, Err: err}
	if x.sendErr != nil && err == io.EOF {
		f.Err = x.sendErr
	}
	if op == OpReceive && x.up.Reused && !x.heard && x.again() {
		f.Retry = Afresh
	}
	return f
}
