package exchange

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

// A b1 is the backend side of an exchange over HTTP/1.1. The exchange owns the
// connection until it returns it to the pool.
type b1 Exchange

func (b *b1) connect() *Fault {
	x := (*Exchange)(b)
	at, up, err := socket.Now(), (*upstream.Conn)(nil), error(nil)
	switch pool := x.assigned.backend.Pool; {
	case x.attempt.fresh():
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
	up.StallAfter(x.From.Limits.StreamTimeout)
	return nil
}

func (b *b1) Grip() *upstream.Grip { return b.up.Grip() }

// part returns the connection to the pool if nothing of this exchange is left in it,
// and closes it otherwise.
func (b *b1) part(relayed bool) {
	up := b.up
	if up == nil {
		return
	}
	b.up = nil
	if b.client.Unbind() && relayed && b.reusable() {
		up.Heard = b.Record.Answered
		b.assigned.backend.Pool.Put(up)
		return
	}
	_ = up.Close() // the connection is discarded; an error changes nothing
}

// reusable reports whether nothing of this exchange is left in the backend connection:
// the request was sent completely, the answer was read completely, and no bytes
// followed it.
func (b *b1) reusable() bool {
	return b.Resp.KeepAlive && b.sendErr == nil && !b.Upload.Cut && len(b.back.Left()) == 0
}

// send sends head and body in one write.
func (b *b1) send() (whole bool, f *Fault) {
	x := (*Exchange)(b)
	head := x.requestHead()
	x.Out, whole = head.appendHTTP1(x.Out[:0]), true
	if x.Req.Framing != http1.NoBody {
		x.Out, whole = x.client.Early(x.Out)
	}
	if whole {
		f = b.ask()
	} else {
		_, x.sendErr = x.up.Write(x.Out)
	}
	x.Out = x.Out[:0]
	return whole, f
}

// ask sends a complete request. If the backend closed a pooled connection before that,
// it tries the next one; the pool holds a bounded number and then dials.
func (b *b1) ask() *Fault {
	x := (*Exchange)(b)
	for {
		first := WatchEvery
		if x.up.Trusted {
			first = trustedFor
		}
		x.up.ReadBy(x.sent.Add(min(first, x.cfg.requestTimeout())))
		x.sendErr = x.up.Ask(x.Out, x.up.Reused && !x.up.Trusted)
		if x.sendErr != socket.ErrSpoken {
			if x.up.Unseen {
				x.up.FoundClean()
			}
			return nil
		}
		ended := x.up
		x.up = nil
		x.client.Unbind()
		ended.FoundEnded()
		if f := x.connect(); f != nil {
			return f
		}
	}
}

func (b *b1) sendBody(u *Upload, from, to int, last bool, trailers []byte) error {
	buf, chunked := u.Flow.Buf.B, b.Req.Framing == http1.Chunked
	if chunked {
		from, to = FrameChunk(buf, from, to, last && len(trailers) == 0)
	}
	_, err := u.up.Write(buf[from:to])
	if err == nil && chunked && last && len(trailers) > 0 {
		_, err = u.up.Write(http1.AppendLastChunk(nil, trailers))
	}
	return err
}

func (b *b1) head() *Fault {
	x := (*Exchange)(b)
	x.Resp.Reset()
	toHead := string(x.Req.Method) == "HEAD"
	for {
		if len(x.back.Left()) > 0 {
			n, err := x.Resp.Parse(x.back.Left(), toHead)
			if err != nil {
				return &Fault{Side: Upstream, Op: OpReceive, Status: 502, Err: err}
			}
			if n > 0 {
				x.back.r += n
				x.back.Body.ResetResponse(x.Resp.Framing, x.Resp.Length)
				return nil
			}
		}
		if f := b.read(x.cfg.requestTimeout(), OpReceive); f != nil {
			return f
		}
	}
}

func (b *b1) payload() (from, to int, last bool, f *Fault) {
	from, to, err := b.back.Payload()
	if err != nil {
		return from, to, false, &Fault{Side: Upstream, Op: OpBody, Status: 502, Err: err}
	}
	if last = b.back.Body.Done(); last {
		b.Trailers = append(b.Trailers[:0], b.back.Body.Trailers()...)
	}
	return from, to, last, nil
}

func (b *b1) more() *Fault {
	f := b.read(b.From.Limits.StreamTimeout, OpBody)
	if f != nil && f.Err == io.EOF && b.back.Body.End() == nil {
		return nil
	}
	return f
}

// read reads once from the backend into x.back. The time limit counts from the sending
// of the request while the response head is awaited, and from now on otherwise. It
// periodically checks whether the client is still connected.
func (b *b1) read(limit time.Duration, op Op) *Fault {
	x := (*Exchange)(b)
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
		due := at.Add(WatchEvery)
		if since != 0 {
			due = min(due, since.Add(limit))
		}
		x.up.ReadBy(due)
		n, err := x.back.read(&x.up.Conn)
		if n > 0 {
			x.heard = true
			return nil
		}
		if f := x.Upload.failed(); f != nil {
			return f
		}
		if err != os.ErrDeadlineExceeded {
			return b.broken(op, err)
		}
		if x.client.Gone() {
			return ClientGone(op)
		}
	}
}

// broken returns the Fault of a backend connection that failed with err.
func (b *b1) broken(op Op, err error) *Fault {
	x := (*Exchange)(b)
	if errors.Is(err, net.ErrClosed) && x.client.Gone() {
		return ClientGone(op) // the backend connection was closed because of that
	}
	f := &Fault{Side: Upstream, Op: op, Status: 502, Err: err}
	if x.sendErr != nil && err == io.EOF {
		f.Err = x.sendErr
	}
	if op == OpReceive && x.up.Reused && !x.heard {
		x.assigned.backend.Pool.Distrust()
		if x.again() {
			f.Retry = Afresh
		}
	}
	return f
}
