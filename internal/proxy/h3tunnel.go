package proxy

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/quic-go/quic-go"

	"elbow/internal/buffer"
	"elbow/internal/http3"
	"elbow/internal/socket"
)

// switched turns a 101 into the 200 that CONNECT is answered with. What a
// WebSocket carries is in DATA frames (RFC 9220, 3).
func (s *h3Stream) switched() *Fault {
	if f := s.key.check(&s.x.resp); f != nil {
		return f
	}
	if s.unbind() { // what bind has is for an exchange whose client has no use for anything any more
		s.unwatch = context.AfterFunc(s.str.Context(), s.x.via.grip().Interrupt) // has the tunnel go on with carryRest
	}
	return s.sendHead(200)
}

// carryUp carries what is in the client's frames.
func (s *h3Stream) carryUp(t *tunnel) *Fault {
	in := &s.x.in
	f := s.carryFrames(t, in.rest())
	in.used = in.n
	for f == nil && !s.ended {
		s.readBy(t.due())
		s.x.stalls(&s.x.sending, true)
		err := s.await() // without a buffer
		if f := s.x.flows(&s.x.sending, OpTunnel); f != nil {
			return f
		}
		if err == nil {
			f = s.carryOnce(t)
			continue
		}
		if s.interrupted(err) {
			err = socket.ErrInterrupted
		}
		if f, again := t.ended(Client, err); !again {
			return f
		}
	}
	if f == nil {
		if err := s.frames.End(len(s.rest)); err != nil {
			f = s.refuse(OpTunnel, err)
		}
	}
	return f
}

// carryOnce carries what there is to be read.
func (s *h3Stream) carryOnce(t *tunnel) *Fault {
	b := buffer.Take()
	defer b.Release()
	n := copy(b.B[:], s.rest)
	m, err := s.Read(b.B[n:])
	if err != nil && err != io.EOF && !errors.Is(err, os.ErrDeadlineExceeded) { // which comes again
		return &Fault{Side: Client, Op: OpTunnel, Err: err}
	}
	return s.carryFrames(t, b.B[:n+m])
}

// carryFrames carries the payload of what src holds of DATA frames, and keeps the
// start of a frame whose header is not whole.
func (s *h3Stream) carryFrames(t *tunnel, src []byte) *Fault {
	for {
		piece, payload, n, err := s.frames.Next(src)
		src = src[n:]
		if piece == http3.Trailers {
			err = http3.ErrUnexpected // RFC 9114, 4.4
		}
		switch {
		case err != nil:
			return s.refuse(OpTunnel, err)
		case piece == http3.Nothing:
			s.rest = append(s.rest[:0], src...)
			return nil
		}
		if err := t.send(payload); err != nil {
			return &Fault{Side: Upstream, Op: OpTunnel, Err: err}
		}
	}
}

// interrupted reports whether err is that of a read which interrupt has ended.
func (s *h3Stream) interrupted(err error) bool {
	var reset *quic.StreamError
	return err == errStopped || errors.As(err, &reset) && !reset.Remote
}

// carry sends p in a DATA frame, in one write.
func (s *h3Stream) carry(p []byte) *Fault {
	b := buffer.Take()
	defer b.Release()
	out := append(http3.AppendFrameHeader(b.B[:0], http3.Data, len(p)), p...)
	f := s.write(out)
	if f != nil {
		f.Op = OpTunnel
	}
	return f
}

func (s *h3Stream) closeWrite() *Fault {
	_ = s.finish() // fails only if the client has given the stream up, which carryUp sees
	return nil
}
