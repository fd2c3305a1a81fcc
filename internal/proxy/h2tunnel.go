package proxy

import (
	"io"
	"os"

	"elbow/internal/buffer"
	"elbow/internal/http2"
	"elbow/internal/socket"
)

// switched turns a 101 into the 200 that CONNECT is answered with.
func (s *h2Stream) switched() *Fault {
	x := s.x
	if f := s.key.check(&x.resp); f != nil {
		return f
	}
	x.out = http2.AppendStatus(x.out[:0], 200)
	x.out, _ = x.appendFields(x.out, &hpackHead)
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	f := s.sendBlock(x.out, false)
	x.out = x.out[:0]
	s.tunnels = f == nil
	return f
}

func (s *h2Stream) carry(p []byte) *Fault {
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	return s.sendData(p, false, OpTunnel)
}

func (s *h2Stream) closeWrite() *Fault {
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	return s.sendData(nil, true, OpTunnel)
}

func (s *h2Stream) carryUp(t *tunnel) *Fault {
	for {
		err := s.awaitTunnel(t)
		if err == nil {
			err = s.carryOnce(t)
			if err != nil {
				return &Fault{Side: Upstream, Op: OpTunnel, Err: err}
			}
			continue
		}
		if f, again := t.ended(Client, err); !again {
			return f
		}
	}
}

// awaitTunnel waits for something to carry, io.EOF if there will be nothing.
func (s *h2Stream) awaitTunnel(t *tunnel) error {
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	for {
		switch {
		case s.cancelled.Load() && s.up.Load() == nil: // by a reset
			return errLeft
		case s.stopped:
			return socket.ErrInterrupted
		case s.body.Len() > 0:
			return nil
		case s.ended:
			return io.EOF
		case s.cancelled.Load():
			return errLeft
		}
		s.x.stalls(&s.x.sending, true)
		roused := s.in.Wait(&s.h.mu, t.due().Sub(socket.Now()))
		if s.x.sending.end() {
			return errStalled
		}
		if !roused {
			return os.ErrDeadlineExceeded
		}
	}
}

// carryOnce carries what there is.
func (s *h2Stream) carryOnce(t *tunnel) error {
	b := buffer.Take()
	defer b.Release()
	h := s.h
	h.mu.Lock()
	n := s.body.Take(b.B[:])
	s.reckon()
	h.mu.Unlock()
	err := t.send(b.B[:n])
	h.mu.Lock()
	h.drained(s, n)
	h.mu.Unlock()
	return err
}
