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
func (s *stream) Switched() *exchange.Fault {
	if f := s.key.Check(&s.x.Resp); f != nil {
		return f
	}
	if s.Unbind() { // Bind closes the backend connection when the client leaves
		s.unwatch = context.AfterFunc(s.str.Context(), s.x.Via.Grip().Interrupt) // triggers carryRest
	}
	return s.sendHead(200)
}

// CarryUp forwards the payload of the client's frames.
func (s *stream) CarryUp(t *exchange.Tunnel) *exchange.Fault {
	in := &s.x.In
	f := s.carryFrames(t, in.Rest())
	in.Used = in.N
	for f == nil && !s.ended {
		s.readBy(t.Due())
		s.x.Sending.Begin(true)
		err := s.await() // without a buffer
		if f := s.x.Sending.Done(exchange.OpTunnel); f != nil {
			return f
		}
		if err == nil {
			f = s.carryOnce(t)
			continue
		}
		if s.interrupted(err) {
			err = socket.ErrInterrupted
		}
		if f, again := t.Ended(exchange.Client, err); !again {
			return f
		}
	}
	if f == nil {
		if err := s.frames.End(len(s.rest)); err != nil {
			f = s.refuse(exchange.OpTunnel, err)
		}
	}
	return f
}

// carryOnce forwards what can be read.
func (s *stream) carryOnce(t *exchange.Tunnel) *exchange.Fault {
	b := buffer.Take()
	defer b.Release()
	n := copy(b.B[:], s.rest)
	m, err := s.Read(b.B[n:])
	if err != nil && err != io.EOF && !errors.Is(err, os.ErrDeadlineExceeded) { // recurs
		return &exchange.Fault{Side: exchange.Client, Op: exchange.OpTunnel, Err: err}
	}
	return s.carryFrames(t, b.B[:n+m])
}

// carryFrames forwards the payload of the DATA frames in src, and keeps an incomplete
// frame header.
func (s *stream) carryFrames(t *exchange.Tunnel, src []byte) *exchange.Fault {
	for {
		piece, payload, n, err := s.frames.Next(src)
		src = src[n:]
		if piece == http3.Trailers {
			err = http3.ErrUnexpected // RFC 9114, 4.4
		}
		switch {
		case err != nil:
			return s.refuse(exchange.OpTunnel, err)
		case piece == http3.Nothing:
			s.rest = append(s.rest[:0], src...)
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
func (s *stream) Carry(p []byte) *exchange.Fault {
	b := buffer.Take()
	defer b.Release()
	out := append(http3.AppendFrameHeader(b.B[:0], http3.Data, len(p)), p...)
	f := s.write(out)
	if f != nil {
		f.Op = exchange.OpTunnel
	}
	return f
}

func (s *stream) CloseWrite() *exchange.Fault {
	_ = s.finish() // fails only if the client has reset the stream, which CarryUp sees
	return nil
}
