package tcp

import (
	"elbow/internal/buffer"
	"elbow/internal/exchange"
	"elbow/internal/http1"
	"elbow/internal/socket"
)

// Pass implements exchange.ClientSide.
func (h *H1) Pass(u *exchange.Upload) *exchange.Fault {
	for {
		if f := h.take(u); f != nil {
			return f
		}
		from, to, err := u.Flow.Payload()
		if err != nil {
			return exchange.BodyFault(err)
		}
		last := u.Flow.Body.Done()
		if last {
			u.X.In.Unread(u.Flow.Left()) // before send writes behind the payload
			u.Complete.Store(true)       // before the backend can answer the last byte
		}
		if u.SendErr == nil {
			u.SendErr = u.Send(from, to, last, u.Flow.Body.Trailers())
		}
		if last {
			u.Cut = u.SendErr != nil
			return nil
		}
		u.Flow.Drop()
	}
}

// take moves a piece of the body into the flow: first from what came with the head,
// then from the connection.
func (h *H1) take(u *exchange.Upload) *exchange.Fault {
	c, in, n := h.C, &u.X.In, 0
	if rest := in.Rest(); len(rest) > 0 {
		u.Flow.Open()
		n = copy(u.Flow.Space(), rest)
		in.Used += n
	} else {
		c.Wire.ReadBy(socket.Now().Add(c.Limits.BodyTimeout))
		if !in.More {
			u.X.Sending.Begin(u.X.Req.Quiet())
			err := c.Wire.Wait() // without a buffer
			if f := u.X.Sending.Done(exchange.OpSend); f != nil {
				return f
			}
			if err != nil {
				return exchange.BodyFault(err)
			}
		}
		u.Flow.Open()
		p := bounded(u, u.Flow.Space())
		var err error
		if n, err = c.Stream.Read(p); n == 0 {
			return exchange.BodyFault(err)
		}
		in.More = n == len(p)
	}
	u.Flow.W += n
	u.X.Record.BytesIn += int64(n)
	return nil
}

// bounded limits p to the missing part of a body of known length, so that the next
// request stays in the buffer.
func bounded(u *exchange.Upload, p []byte) []byte {
	if u.X.Req.Framing == http1.Length {
		return p[:min(int64(len(p)), u.Flow.Body.Left())]
	}
	return p
}

// CarryUp implements exchange.ClientSide.
func (h *H1) CarryUp(t *exchange.Tunnel) *exchange.Fault {
	x, c := h.X, h.C
	first := x.In.Rest()
	x.In.Used = x.In.N
	if err := t.Send(first); err != nil {
		return &exchange.Fault{Side: exchange.Upstream, Op: exchange.OpTunnel, Err: err}
	}
	for more := x.In.More; ; more = false {
		c.Wire.ReadBy(t.Due())
		if !more {
			x.Sending.Begin(true)
			err := c.Wire.Wait() // without a buffer
			if f := x.Sending.Done(exchange.OpTunnel); f != nil {
				return f
			}
			if err != nil {
				if f, again := t.Ended(exchange.Client, err); !again {
					return f
				}
				continue
			}
		}
		b := buffer.Take()
		n, err := c.Stream.Read(b.B[:])
		if n > 0 {
			err = t.Send(b.B[:n])
			b.Release()
			if err != nil {
				return &exchange.Fault{Side: exchange.Upstream, Op: exchange.OpTunnel, Err: err}
			}
			continue
		}
		b.Release()
		if f, again := t.Ended(exchange.Client, err); !again {
			return f
		}
	}
}
