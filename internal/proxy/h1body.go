package proxy

import (
	"elbow/internal/buffer"
	"elbow/internal/http1"
	"elbow/internal/socket"
)

func (h *h1) pass(u *upload) *Fault {
	for {
		if f := h.take(u); f != nil {
			return f
		}
		from, to, err := u.flow.payload()
		if err != nil {
			return bodyFault(err)
		}
		last := u.flow.body.Done()
		if last {
			u.x.in.unread(u.flow.left()) // before send writes behind the payload
			u.complete.Store(true)       // before the backend can answer to the last byte
		}
		if u.sendErr == nil {
			u.sendErr = u.send(from, to, last, u.flow.body.Trailers())
		}
		if last {
			u.cut = u.sendErr != nil
			return nil
		}
		u.flow.drop()
	}
}

// take brings a piece of the body into the flow: of what came with the head
// first, then of what the client sends.
func (h *h1) take(u *upload) *Fault {
	c, in, n := h.c, &u.x.in, 0
	if rest := in.rest(); len(rest) > 0 {
		u.flow.open()
		n = copy(u.flow.space(), rest)
		in.used += n
	} else {
		c.wire.ReadBy(socket.Now().Add(c.limits.BodyTimeout))
		if !in.more {
			u.x.stalls(&u.x.sending, u.x.quiet())
			err := c.wire.wait() // without a buffer
			if f := u.x.flows(&u.x.sending, OpSend); f != nil {
				return f
			}
			if err != nil {
				return bodyFault(err)
			}
		}
		u.flow.open()
		p := bounded(u, u.flow.space())
		var err error
		if n, err = c.stream.Read(p); n == 0 {
			return bodyFault(err)
		}
		in.more = n == len(p)
	}
	u.flow.w += n
	u.x.record.bytesIn += int64(n)
	return nil
}

// bounded cuts p down to what is missing of a body of known length, so that
// the next request stays where it is.
func bounded(u *upload, p []byte) []byte {
	if u.x.req.Framing == http1.Length {
		return p[:min(int64(len(p)), u.flow.body.Left())]
	}
	return p
}

func (h *h1) carryUp(t *tunnel) *Fault {
	x, c := h.x, h.c
	first := x.in.rest()
	x.in.used = x.in.n
	if err := t.send(first); err != nil {
		return &Fault{Side: Upstream, Op: OpTunnel, Err: err}
	}
	for more := x.in.more; ; more = false {
		c.wire.ReadBy(t.due())
		if !more {
			x.stalls(&x.sending, true)
			err := c.wire.wait() // without a buffer
			if f := x.flows(&x.sending, OpTunnel); f != nil {
				return f
			}
			if err != nil {
				if f, again := t.ended(Client, err); !again {
					return f
				}
				continue
			}
		}
		b := buffer.Take()
		n, err := c.stream.Read(b.B[:])
		if n > 0 {
			err = t.send(b.B[:n])
			b.Release()
			if err != nil {
				return &Fault{Side: Upstream, Op: OpTunnel, Err: err}
			}
			continue
		}
		b.Release()
		if f, again := t.ended(Client, err); !again {
			return f
		}
	}
}
