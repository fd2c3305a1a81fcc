package proxy

import (
	"errors"
	"io"
	"net"
	"os"
	"time"

	"elbow/internal/http1"
	"elbow/internal/socket"
	"elbow/internal/upstream"
)

// A b1 is the backend's side of an exchange in HTTP/1.1. The connection is the
// exchange's own until it is given back.
type b1 exchange

func (b *b1) connect() *Fault {
	x := (*exchange)(b)
	at, up, err := socket.Now(), (*upstream.Conn)(nil), error(nil)
	switch pool := x.backend.Pool; {
	case x.fresh:
		up, err = pool.GetFresh(time.Time{})
	case x.again():
		up, err = pool.GetRetryable(time.Time{}, at)
	default:
		up, err = pool.Get(time.Time{})
	}
	if err != nil {
		return connectFault(err)
	}
	if !up.Reused {
		at = socket.Now()
	}
	x.sent = at
	x.up, x.sendErr, x.heard = up, nil, false
	up.StallAfter(x.from.limits.StreamTimeout)
	return nil
}

func (b *b1) grip() *upstream.Grip { return b.up.Grip() }

// part gives the connection back to the pool if nothing of this exchange is left
// in it.
func (b *b1) part(relayed bool) {
	up := b.up
	if up == nil {
		return
	}
	b.up = nil
	if b.client.unbind() && relayed && b.reusable() {
		up.Heard = b.record.Answered
		b.backend.Pool.Put(up)
		return
	}
	_ = up.Close() // nothing is expected of it any more
}

// reusable reports whether nothing of this exchange is left in the backend
// connection: the request was sent to its end, the answer was read to its end,
// and nothing came behind it.
func (b *b1) reusable() bool {
	return b.resp.KeepAlive && b.sendErr == nil && !b.upload.cut && len(b.back.left()) == 0
}

// send sends head and body in one write.
func (b *b1) send() (whole bool, f *Fault) {
	x := (*exchange)(b)
	x.out, whole = x.appendRequest(x.out[:0]), true
	if x.req.Framing != http1.NoBody {
		x.out, whole = x.client.early(x.out)
	}
	if whole {
		f = b.ask()
	} else {
		_, x.sendErr = x.up.Write(x.out)
	}
	x.out = x.out[:0]
	return whole, f
}

// ask sends a whole request. If the backend has ended the connection before that, it
// takes another one, of which the pool has so many and then makes one.
func (b *b1) ask() *Fault {
	x := (*exchange)(b)
	for {
		first := watchEvery
		if x.up.Trusted {
			first = trustedFor
		}
		x.up.ReadBy(x.sent.Add(min(first, x.cfg.requestTimeout())))
		x.sendErr = x.up.Ask(x.out, x.up.Reused && !x.up.Trusted)
		if x.sendErr != socket.ErrSpoken {
			if x.up.Unseen {
				x.up.FoundClean()
			}
			return nil
		}
		ended := x.up
		x.up = nil
		x.client.unbind()
		ended.FoundEnded()
		if f := x.connect(); f != nil {
			return f
		}
	}
}

func (b *b1) sendBody(u *upload, from, to int, last bool, trailers []byte) error {
	buf, chunked := u.flow.buf.B, b.req.Framing == http1.Chunked
	if chunked {
		from, to = frameChunk(buf, from, to, last && len(trailers) == 0)
	}
	_, err := u.up.Write(buf[from:to])
	if err == nil && chunked && last && len(trailers) > 0 {
		_, err = u.up.Write(http1.AppendLastChunk(nil, trailers))
	}
	return err
}

func (b *b1) head() *Fault {
	x := (*exchange)(b)
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
				x.back.body.ResetResponse(x.resp.Framing, x.resp.Length)
				return nil
			}
		}
		if f := b.read(x.cfg.requestTimeout(), OpReceive); f != nil {
			return f
		}
	}
}

func (b *b1) payload() (from, to int, last bool, f *Fault) {
	from, to, err := b.back.payload()
	if err != nil {
		return from, to, false, &Fault{Side: Upstream, Op: OpBody, Status: 502, Err: err}
	}
	if last = b.back.body.Done(); last {
		b.trailers = append(b.trailers[:0], b.back.body.Trailers()...)
	}
	return from, to, last, nil
}

func (b *b1) more() *Fault {
	f := b.read(b.from.limits.StreamTimeout, OpBody)
	if f != nil && f.Err == io.EOF && b.back.body.End() == nil {
		return nil
	}
	return f
}

// read reads once from the backend into x.back, for at most limit: since the
// request was sent while the head of the answer is awaited, else from now on.
// It looks every now and then whether the client is still there.
func (b *b1) read(limit time.Duration, op Op) *Fault {
	x := (*exchange)(b)
	if !x.back.grow() {
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
			return b.broken(op, err)
		}
		if x.client.gone() {
			return clientGone(op)
		}
	}
}

// broken is the Fault of a backend connection that ended with err.
func (b *b1) broken(op Op, err error) *Fault {
	x := (*exchange)(b)
	if errors.Is(err, net.ErrClosed) && x.client.gone() {
		return clientGone(op) // which is why it was closed
	}
	f := &Fault{Side: Upstream, Op: op, Status: 502, Err: err}
	if x.sendErr != nil && err == io.EOF {
		f.Err = x.sendErr
	}
	if op == OpReceive && x.up.Reused && !x.heard {
		x.backend.Pool.Distrust()
		if x.again() {
			f.Retry = Afresh
		}
	}
	return f
}
