package proxy

import (
	"cmp"
	"errors"
	"io"
	"os"

	"elbow/internal/http1"
	"elbow/internal/upstream"
)

// An h1 is the client's side of an exchange in HTTP/1.1. The connection is the
// exchange's own for as long as it lasts, so all it knows is in there.
type h1 exchange

func (x *h1) proto() string {
	if x.req.Minor == 0 {
		return "HTTP/1.0"
	}
	return "HTTP/1.1"
}

// errNoRequest says that the connection ended where a request might have begun.
// It is not a fault.
var errNoRequest = &Fault{}

func (x *h1) head() *Fault {
	c := x.conn
	x.in.next()
	x.req.Reset()
	c.wire.ReadBy(x.record.Began.Add(c.proxy.limits.HeadTimeout))
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

// headFault is the Fault of a request head that ended with err.
func headFault(err error) *Fault {
	f := &Fault{Side: Client, Op: OpHead, Status: 400, Err: err}
	var refused *http1.Error
	switch {
	case errors.As(err, &refused):
		f.Status = refused.Status
	case errors.Is(err, os.ErrDeadlineExceeded):
		f.Status = 408
	case err == io.EOF:
		f.Err = io.ErrUnexpectedEOF
	default:
		f.Status = statusClientGone
	}
	return f
}

// pipelined reports whether the client's next request has come in already, in
// part at least.
func (x *exchange) pipelined() bool {
	return x.in.n > x.in.used || x.in.more && x.conn.listener.tls != nil
}

func (x *h1) early(dst []byte) (_ []byte, whole bool) {
	body := x.in.rest()
	if x.req.Framing != http1.Length || int64(len(body)) < x.req.Length {
		return dst, false
	}
	x.in.used += int(x.req.Length)
	x.record.bytesIn += x.req.Length
	return append(dst, body[:x.req.Length]...), true
}

// begin also settles how the body will be framed.
func (x *h1) begin(mayKeep bool) *Fault {
	x.framing = x.resp.Framing
	if x.framing == http1.NoBody && x.resp.Length < 0 && x.resp.Status >= 200 && x.resp.HasBody(string(x.req.Method) == "HEAD") {
		x.framing, x.resp.Length = http1.Length, 0 // HTTP/2 need not say so
	}
	if x.framing == http1.Length && (*exchange)(x).announcesTrailers() {
		x.framing = http1.Chunked // nothing else has room for them
	}
	if x.framing == http1.UntilClose && x.req.Minor > 0 {
		x.framing = http1.Chunked // so that the client can tell an end from a break
	}
	if x.framing == http1.Chunked && x.req.Minor == 0 {
		x.framing = http1.UntilClose
	}
	x.keep = mayKeep && x.req.KeepAlive && x.framing != http1.UntilClose && !x.conn.listener.draining.Load()
	x.out = (*exchange)(x).appendResponse(x.out[:0])
	return nil
}

// announcesTrailers reports whether an answer that came by HTTP/2, which may have
// them behind a body of known length, says that it has trailers.
func (x *exchange) announcesTrailers() bool {
	if !x.framed || x.req.Minor == 0 {
		return false
	}
	for i := range x.resp.Fields {
		if f := &x.resp.Fields[i]; f.ID == http1.Trailer && len(f.Value) > 0 {
			return true
		}
	}
	return false
}

// deliver puts the head, if it fits, into one TLS record with the body.
func (x *h1) deliver(b []byte, from, to int, last bool) *Fault {
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
		x.conn.wire.HoldEnd()
	}
	if n := len(x.out); n > 0 && n <= from {
		from -= copy(b[from-n:from], x.out)
		x.out = x.out[:0]
	} else if f := x.write(x.out); f != nil {
		return f
	}
	if f := x.write(b[from:to]); f != nil {
		return f
	}
	x.out = x.out[:0]
	if len(trailers) > 0 {
		x.out = http1.AppendLastChunk(x.out, trailers)
	}
	return x.write(x.out)
}

// interim passes a 1xx answer on to a client that knows what it is (RFC 9110,
// 15.2: a server must not send one to an HTTP/1.0 client).
func (x *h1) interim() *Fault {
	if x.req.Minor == 0 {
		return nil
	}
	x.out = (*exchange)(x).appendInterim(x.out[:0])
	f := x.write(x.out)
	x.out = x.out[:0]
	return f
}

// maxRecord is the most that one TLS record carries (RFC 8446, 5.1).
const maxRecord = 16 << 10

// write writes p to the client in one go.
func (x *h1) write(p []byte) *Fault {
	if len(p) == 0 {
		return nil
	}
	if err := x.conn.write(p); err != nil {
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
	if len(p) <= maxRecord || c.listener.tls == nil {
		_, err := c.stream.Write(p)
		return err
	}
	c.wire.holdBack(len(p))
	_, err := c.stream.Write(p)
	return cmp.Or(err, c.wire.flush())
}

func (x *h1) swift() bool { return !x.conn.wire.stalled() && !x.conn.proxy.budget.IsTight() }

// breakOff ends the connection short of the end that the head promised.
func (x *h1) breakOff() { x.abort = x.framing == http1.UntilClose }

func (x *h1) bind(up *upstream.Grip) bool {
	x.conn.backend.Store(up)
	return true
}

func (x *h1) unbind() bool {
	return x.conn.backend.Swap(nil) != nil
}

func (x *h1) gone() bool { return x.conn.gone() }

func (x *h1) interrupt() { x.conn.wire.Interrupt() }

func (x *h1) switched() *Fault { return x.interim() }

func (x *h1) carry(p []byte) *Fault {
	f := x.write(p)
	if f != nil {
		f.Op = OpTunnel
	}
	return f
}

func (x *h1) closeWrite() *Fault { return x.conn.closeWrite() }
