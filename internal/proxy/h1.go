package proxy

import (
	"cmp"

	"elbow/internal/http1"
	"elbow/internal/upstream"
)

// An h1 is the client's side of the exchange under way in HTTP/1.1. The connection is
// the exchange's own for as long as it lasts.
type h1 struct {
	c *conn
	x *exchange // nil: none is under way
}

// take returns an exchange for the requests that the connection has ready.
func (c *conn) take() *exchange {
	x := takeExchange(&c.Origin, &c.h1, c, 0)
	x.plain = true
	c.h1.c, c.h1.x = c, x
	return x
}

// expel implements expeller.
func (c *conn) expel(uint32) { c.cut() }

// retire does nothing: there is no way to ask.
func (h *h1) retire() {}

func (h *h1) proto() string {
	if h.x.req.Minor == 0 {
		return "HTTP/1.0"
	}
	return "HTTP/1.1"
}

func (h *h1) head() *Fault {
	x, c := h.x, h.c
	x.in.next()
	x.req.Reset()
	c.wire.ReadBy(x.record.Began.Add(c.limits.HeadTimeout))
	for {
		if x.in.n > 0 {
			n, err := x.req.Parse(x.in.b[:x.in.n])
			if err != nil {
				return headFault(err)
			}
			if n > 0 {
				x.in.used, x.headLen = n, n
				x.record.bytesIn = int64(n)
				return nil
			}
		}
		if x.in.n > 0 {
			x.sending.begin(nil, false)
		}
		err := x.in.read(c.stream)
		x.sending.end()
		if err != nil {
			if x.in.n == 0 {
				return errNoRequest
			}
			return headFault(err)
		}
	}
}

// pipelined reports whether the client's next request has come in already, in
// part at least.
func (h *h1) pipelined() bool {
	in := &h.x.in
	return in.n > in.used || in.more && h.c.frontend.secure
}

func (h *h1) early(dst []byte) (_ []byte, whole bool) {
	x := h.x
	body := x.in.rest()
	if x.req.Framing != http1.Length || int64(len(body)) < x.req.Length {
		return dst, false
	}
	x.in.used += int(x.req.Length)
	x.record.bytesIn += x.req.Length
	return append(dst, body[:x.req.Length]...), true
}

// begin also settles how the body will be framed.
func (h *h1) begin(mayKeep bool) *Fault {
	x := h.x
	x.framing = x.resp.Framing
	if x.framing == http1.NoBody && x.resp.Length < 0 && x.resp.Status >= 200 && x.resp.HasBody(string(x.req.Method) == "HEAD") {
		x.framing, x.resp.Length = http1.Length, 0 // HTTP/2 need not say so
	}
	if x.framing == http1.Length && x.announcesTrailers() {
		x.framing = http1.Chunked // nothing else has room for them
	}
	if x.framing == http1.UntilClose && x.req.Minor > 0 {
		x.framing = http1.Chunked // so that the client can tell an end from a break
	}
	if x.framing == http1.Chunked && x.req.Minor == 0 {
		x.framing = http1.UntilClose
	}
	x.keep = mayKeep && x.req.KeepAlive && x.framing != http1.UntilClose && !x.from.frontend.draining.Load()
	x.out = x.appendResponse(x.out[:0])
	return nil
}

// deliver puts the head, if it fits, into one TLS record with the body.
func (h *h1) deliver(b []byte, from, to int, last bool) *Fault {
	x := h.x
	var trailers []byte
	if x.framing == http1.Chunked {
		if last {
			trailers = x.trailers
		}
		from, to = frameChunk(b, from, to, last && len(trailers) == 0)
	}
	x.headSent = true
	if last && !x.keep && !x.upload.running {
		// The answer, close_notify and FIN go in one packet, not in three. That is worth
		// 2.5 % of the CPU time of a resumed connection with one request.
		h.c.wire.HoldEnd()
	}
	if n := len(x.out); n > 0 && n <= from {
		from -= copy(b[from-n:from], x.out)
		x.out = x.out[:0]
	} else if f := h.write(x.out); f != nil {
		return f
	}
	if f := h.write(b[from:to]); f != nil {
		return f
	}
	x.out = x.out[:0]
	if len(trailers) > 0 {
		x.out = http1.AppendLastChunk(x.out, trailers)
	}
	return h.write(x.out)
}

// interim passes a 1xx answer on to a client that knows what it is (RFC 9110,
// 15.2: a server must not send one to an HTTP/1.0 client).
func (h *h1) interim() *Fault {
	x := h.x
	if x.req.Minor == 0 {
		return nil
	}
	x.out = x.appendInterim(x.out[:0])
	f := h.write(x.out)
	x.out = x.out[:0]
	return f
}

// maxRecord is the most that one TLS record carries (RFC 8446, 5.1).
const maxRecord = 16 << 10

// write writes p to the client in one go.
func (h *h1) write(p []byte) *Fault {
	x := h.x
	if len(p) == 0 {
		return nil
	}
	if err := h.c.write(p); err != nil {
		if x.expelled {
			return &Fault{Side: Client, Op: OpBody, Status: 408, Err: errStalled}
		}
		return &Fault{Side: Client, Op: OpBody, Status: statusClientGone, Err: err}
	}
	x.record.bytesOut += int64(len(p))
	return nil
}

// write writes p with one system call, also if it takes several TLS records.
// For 16 KiB answers, of two records with their head, that is worth 2 % of the
// whole request, for longer ones more.
func (c *conn) write(p []byte) error {
	if len(p) <= maxRecord || !c.frontend.secure {
		_, err := c.stream.Write(p)
		return err
	}
	c.wire.holdBack(len(p))
	_, err := c.stream.Write(p)
	return cmp.Or(err, c.wire.flush())
}

func (h *h1) swift() bool { return !h.c.wire.stalled() && !h.c.budget.IsTight() }

// breakOff ends the connection short of the end that the head promised.
func (h *h1) breakOff() { h.x.abort = h.x.framing == http1.UntilClose }

func (h *h1) bind(up *upstream.Grip) bool {
	h.c.backend.Store(up)
	return true
}

func (h *h1) unbind() bool {
	return h.c.backend.Swap(nil) != nil
}

func (h *h1) gone() bool { return h.c.gone() }

func (h *h1) interrupt() { h.c.wire.Interrupt() }

func (h *h1) switched() *Fault { return h.interim() }

func (h *h1) carry(p []byte) *Fault {
	f := h.write(p)
	if f != nil {
		f.Op = OpTunnel
	}
	return f
}

func (h *h1) closeWrite() *Fault { return h.c.closeWrite() }
