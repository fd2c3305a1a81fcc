package h2

import (
	"io"
	"os"

	"elbow/internal/buffer"
	"elbow/internal/exchange"
	"elbow/internal/http2"
	"elbow/internal/socket"
)

// Switched replaces a 101 by the 200 that answers CONNECT.
func (r *request) Switched() *exchange.Fault {
	x := r.x
	if f := r.key.Check(&x.Resp); f != nil {
		return f
	}
	x.Out = http2.AppendStatus(x.Out[:0], 200)
	head := x.ResponseHead()
	x.Out, _ = head.AppendFields(x.Out, &exchange.HPACKHead)
	r.h.mu.Lock()
	defer r.h.mu.Unlock()
	f := r.sendBlock(x.Out, false)
	x.Out = x.Out[:0]
	if f == nil {
		r.send(tunnelBegan)
	}
	return f
}

func (r *request) Carry(p []byte) *exchange.Fault {
	r.h.mu.Lock()
	defer r.h.mu.Unlock()
	return r.sendData(p, false, exchange.OpTunnel)
}

func (r *request) CloseWrite() *exchange.Fault {
	r.h.mu.Lock()
	defer r.h.mu.Unlock()
	return r.sendData(nil, true, exchange.OpTunnel)
}

func (r *request) CarryUp(t *exchange.Tunnel) *exchange.Fault {
	for {
		err := r.awaitTunnel(t)
		if err == nil {
			err = r.carryOnce(t)
			if err != nil {
				return &exchange.Fault{Side: exchange.Upstream, Op: exchange.OpTunnel, Err: err}
			}
			continue
		}
		if f, again := t.Ended(exchange.Client, err); !again {
			return f
		}
	}
}

// awaitTunnel waits for data to forward. It returns io.EOF if there will be none.
func (s *stream) awaitTunnel(t *exchange.Tunnel) error {
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	for {
		switch {
		case s.cancelled.Load() && s.up.Load() == nil: // by a reset
			return exchange.ErrLeft
		case s.stopped:
			return socket.ErrInterrupted
		case s.body.Len() > 0:
			return nil
		case s.state.ended():
			return io.EOF
		case s.cancelled.Load():
			return exchange.ErrLeft
		}
		s.x.Sending.Begin(true)
		roused := s.in.Wait(&s.h.mu, t.Due().Sub(socket.Now()))
		if s.x.Sending.End() {
			return exchange.ErrStalled
		}
		if !roused {
			return os.ErrDeadlineExceeded
		}
	}
}

// carryOnce forwards the data that has arrived.
func (r *request) carryOnce(t *exchange.Tunnel) error {
	b := buffer.Take()
	defer b.Release()
	h := r.h
	h.mu.Lock()
	n := r.body.Take(b.B[:])
	r.reckon()
	h.mu.Unlock()
	err := t.Send(b.B[:n])
	h.mu.Lock()
	h.drained(&r.stream, n)
	h.mu.Unlock()
	return err
}
