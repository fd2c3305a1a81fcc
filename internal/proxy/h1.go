package proxy

import (
	"cmp"
	"errors"
	"io"
	"os"

	"elbow/internal/http1"
)

// This file is the client's side of an exchange in HTTP/1.1: the request comes
// out of it, the answer goes into it.

// errNoRequest says that the connection ended where a request might have begun.
// It is not a fault.
var errNoRequest = &Fault{}

// readHead reads the request head.
func (x *exchange) readHead() *Fault {
	c := x.conn
	x.req.Reset()
	c.wire.ReadBy(x.record.began.Add(c.proxy.limits.HeadTimeout))
	for {
		if x.in.n > 0 {
			n, err := x.req.Parse(x.in.b[:x.in.n])
			if err != nil {
				return headFault(err)
			}
			if n > 0 {
				x.in.used, x.headLen = n, n
				return nil
			}
		}
		if err := x.in.read(c.stream); err != nil {
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

// begin assembles the head of the final answer and settles how its body will be
// framed. Nothing leaves before deliver.
func (x *exchange) begin() {
	x.framing = x.resp.Framing
	if x.framing == http1.UntilClose && x.req.Minor > 0 {
		x.framing = http1.Chunked // so that the client can tell an end from a break
	}
	if x.framing == http1.Chunked && x.req.Minor == 0 {
		x.framing = http1.UntilClose
	}
	x.keep = x.req.KeepAlive && x.framing != http1.UntilClose && x.bodyRead() && !x.conn.listener.draining.Load()
	x.out = x.appendResponse(x.out[:0])
}

// deliver writes b[from:to], a piece of the answer's body, to the client: with
// the head before it, if that has not left yet, in one TLS record. There are
// headRoom free bytes before from and tailRoom after to.
func (x *exchange) deliver(b []byte, from, to int, last bool) *Fault {
	var trailers []byte
	if x.framing == http1.Chunked {
		if last {
			trailers = x.back.body.Trailers()
		}
		from, to = frameChunk(b, from, to, last && len(trailers) == 0)
	}
	x.headSent = true
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
func (x *exchange) interim() *Fault {
	if x.req.Minor == 0 {
		return nil
	}
	x.out = x.appendInterim(x.out[:0])
	f := x.write(x.out)
	x.out = x.out[:0]
	return f
}

// maxRecord is the most that one TLS record carries (RFC 8446, 5.1).
const maxRecord = 16 << 10

// write writes p to the client in one go.
func (x *exchange) write(p []byte) *Fault {
	if len(p) == 0 {
		return nil
	}
	if err := x.conn.write(p); err != nil {
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
	c.wire.holdBack()
	_, err := c.stream.Write(p)
	return cmp.Or(err, c.wire.flush())
}
