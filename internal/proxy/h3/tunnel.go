package h3

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/quic-go/quic-go"

	"elbow/internal/buffer"
	"elbow/internal/exchange"
	"elbow/internal/http3"
	"elbow/internal/socket"
)

// Switched replaces a 101 by the 200 that answers CONNECT. The data of a WebSocket is
// sent in DATA frames (RFC 9220, 3).
func (r *request) Switched() *exchange.Fault {
	if f := r.key.Check(&r.x.Resp); f != nil {
		return f
	}
	if r.Unbind() { // Bind closes the backend connection when the client leaves
		r.unwatch = context.AfterFunc(r.str.Context(), r.x.Via.Grip().Interrupt) // triggers carryRest
	}
	return r.sendHead(200)
}

// CarryUp forwards the payload of the client's frames.
func (r *request) CarryUp(t *exchange.Tunnel) *exchange.Fault {
	in := &r.x.In
	f := r.carryFrames(t, in.Rest())
	in.Used = in.N
	for f == nil && !r.ended {
		r.readBy(t.Due())
		r.x.Sending.Begin(true)
		err := r.await() // without a buffer
		if f := r.x.Sending.Done(exchange.OpTunnel); f != nil {
			return f
		}
		if err == nil {
			f = r.carryOnce(t)
			continue
		}
		if r.interrupted(err) {
			err = socket.ErrInterrupted
		}
		if f, again := t.Ended(exchange.Client, err); !again {
			return f
		}
	}
	if f == nil {
		if err := r.frames.End(len(r.rest)); err != nil {
			f = r.refuse(exchange.OpTunnel, err)
		}
	}
	return f
}

// carryOnce forwards what can be read.
func (r *request) carryOnce(t *exchange.Tunnel) *exchange.Fault {
	b := buffer.Take()
	defer b.Release()
	n := copy(b.B[:], r.rest)
	m, err := r.Read(b.B[n:])
	if err != nil && err != io.EOF && !errors.Is(err, os.ErrDeadlineExceeded) { // recurs
		return &exchange.Fault{Side: exchange.Client, Op: exchange.OpTunnel, Err: err}
	}
	return r.carryFrames(t, b.B[:n+m])
}

// carryFrames forwards the payload of the DATA frames in src, and keeps an incomplete
// frame header.
func (r *request) carryFrames(t *exchange.Tunnel, src []byte) *exchange.Fault {
	for {
		piece, payload, n, err := r.frames.Next(src)
		src = src[n:]
		if piece == http3.Trailers {
			err = http3.ErrUnexpected // RFC 9114, 4.4
		}
		switch {
		case err != nil:
			return r.refuse(exchange.OpTunnel, err)
		case piece == http3.Nothing:
			r.rest = append(r.rest[:0], src...)
			return nil
		}
		if err := t.Send(payload); err != nil {
			return &exchange.Fault{Side: exchange.Upstream, Op: exchange.OpTunnel, Err: err}
		}
	}
}

// interrupted reports whether err belongs to a read that Interrupt has ended.
func (s *stream) interrupted(err error) bool {
	var reset *quic.StreamError
	return err == errStopped || errors.As(err, &reset) && !reset.Remote
}

// Carry sends p in a DATA frame, in one write.
func (r *request) Carry(p []byte) *exchange.Fault {
	b := buffer.Take()
	defer b.Release()
	out := append(http3.AppendFrameHeader(b.B[:0], http3.Data, len(p)), p...)
	f := r.write(out)
	if f != nil {
		f.Op = exchange.OpTunnel
	}
	return f
}

func (r *request) CloseWrite() *exchange.Fault {
	_ = r.finish() // fails only if the client has reset the stream, which CarryUp sees
	return nil
}
