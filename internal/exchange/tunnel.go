package exchange

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"elbow/internal/socket"
)

// A Tunnel relays an upgraded connection: bytes in both directions, uninterpreted.
// Each direction ends independently, and its end is forwarded as a half-close. Only
// silence in both directions ends the tunnel.
//
// A backend that closes its connection accepts nothing more, but data that it sent
// before may still be in our socket buffer, even after the reset that its kernel
// sends. So the client's data is discarded from then on until the backend's data has
// been forwarded. The same holds for a client that closes its connection, or ends its
// stream and stops the other direction: see carryRest.
type Tunnel struct {
	x      *Exchange
	heard  atomic.Int64 // instant of the last byte in either direction
	halved atomic.Bool  // one direction has ended
	closed atomic.Bool  // the backend accepts nothing more
	down   atomic.Bool  // all data of the backend has been forwarded
	up     chan *Fault  // result of the client's direction; capacity 1
}

var (
	errUnasked = errors.New("protocol switched without an Upgrade in the request")
	errUntold  = errors.New("protocol switched without an Upgrade in the answer")
	ErrSilence = errors.New("silent for too long")
)

// switchFault returns the Fault of a 101 response that agrees to the protocol got; nil if
// it is valid. A server must not switch to a protocol that the client has not asked for
// (RFC 9110, 7.8).
func switchFault(asked, got []byte) *Fault {
	var err error
	switch {
	case len(asked) == 0:
		err = errUnasked
	case len(got) == 0:
		err = errUntold
	case !bytes.EqualFold(asked, got):
		err = fmt.Errorf("protocol switched to %.40q, but %.40q was asked for", got, asked)
	default:
		return nil
	}
	return &Fault{Side: Upstream, Op: OpReceive, Status: 502, Err: err}
}

// tunnel forwards a 101 and relays what follows until both directions have ended.
func (x *Exchange) tunnel() *Fault {
	if f := switchFault(x.Req.Upgrade, x.Resp.Upgrade); f != nil {
		return f
	}
	x.Record.Status = 101
	x.Record.Answered = socket.Now()
	x.Answer, x.Keep = x.Answer.after(passSwitch), false
	if f := x.client.Switched(); f != nil {
		return f
	}
	t := &Tunnel{x: x, up: make(chan *Fault, 1)}
	t.heard.Store(int64(socket.Now()))
	go t.upward() // ends with the client, or when downward interrupts it; downward waits for it
	return t.downward()
}

// upward forwards what the client sends.
func (t *Tunnel) upward() {
	defer t.x.From.Guard()
	f := &Fault{Side: Self, Op: OpTunnel, Err: errPanic}
	defer func() { t.up <- f }()
	f = t.x.client.CarryUp(t)
	if f != nil && !hasLeft(f) {
		_ = t.x.up.Close() // ends downward
		return
	}
	t.halved.Store(true)
	_ = t.x.up.CloseWrite() // if it fails, downward sees why
	if f != nil {
		t.x.up.Interrupt() // downward continues with carryRest
	}
}

// hasLeft reports whether f means that the client has left, so that nobody receives
// what the backend sends, and not that the proxy has cut it.
func hasLeft(f *Fault) bool {
	return f.Side == Client && f.Err != ErrSilence && f.Err != socket.ErrInterrupted && !errors.Is(f.Err, os.ErrDeadlineExceeded)
}

// Send forwards data of the client to the backend.
func (t *Tunnel) Send(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	t.x.Record.BytesIn += int64(len(p))
	if t.closed.Load() {
		return nil
	}
	t.heard.Store(int64(socket.Now()))
	_, err := t.x.up.Write(p)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
		t.closed.Store(true)
		if !t.down.Load() { // otherwise closed is not read any more
			return nil
		}
	}
	return err
}

// downward forwards what the backend sends, and ends the tunnel.
func (t *Tunnel) downward() *Fault {
	f := t.carryDown()
	client := t.x.client
	if f == nil {
		t.halved.Store(true)
		f = client.CloseWrite()
		t.down.Store(true)
	}
	if f == nil && t.closed.Load() {
		f = &Fault{Side: Upstream, Op: OpTunnel, Err: syscall.ECONNRESET}
	}
	if f != nil && hasLeft(f) {
		return t.carryRest(f)
	}
	if f != nil {
		client.Interrupt()
		if cause := <-t.up; cause != nil && cause.Err != socket.ErrInterrupted {
			return cause
		}
		return f
	}
	return <-t.up
}

func (t *Tunnel) carryDown() *Fault {
	x := t.x
	for {
		if p := x.back.Left(); len(p) > 0 {
			f := x.client.Carry(p)
			x.back.Drop()
			if f != nil {
				return f
			}
		}
		x.up.ReadBy(t.Due())
		n, err := x.back.read(&x.up.Conn)
		if n > 0 {
			t.heard.Store(int64(socket.Now()))
			continue
		}
		if err == socket.ErrInterrupted {
			return ClientGone(OpTunnel)
		}
		if f, again := t.Ended(Upstream, err); !again {
			return f
		}
	}
}

// carryRest ends the tunnel of a client that has left with f, once the backend has
// received what the client sent before. What the backend sends meanwhile is read and
// discarded: closing a connection with unread data resets it, and data that the
// backend has not read yet would be lost. It ends when the backend has closed its
// side, or has accepted nothing for LingerTimeout.
func (t *Tunnel) carryRest(f *Fault) *Fault {
	x := t.x
	linger := x.From.Limits.LingerTimeout
	step := min(linger/8, WatchEvery)
	cause, done, ended := (*Fault)(nil), false, false
	for at, left := socket.Now(), -1; !done || !ended; {
		n, err := x.up.Unacked()
		now := socket.Now()
		if n != left {
			at, left = now, n
		}
		at = max(at, socket.Instant(t.heard.Load()))
		if err != nil || now >= at.Add(linger) || x.From.CutFor.Load() != nil {
			break
		}
		if !done {
			cause, done = t.upEnded(ended, step)
		}
		ended = ended || t.throwAway(now.Add(step))
	}
	if !done {
		x.client.Interrupt()
		_ = x.up.Close() // unblocks a write
		cause = <-t.up
	}
	if cause != nil && cause.Side == Client && cause.Err != socket.ErrInterrupted {
		return cause
	}
	return f
}

// upEnded reports whether upward has ended, and with what Fault. If waits, it waits up
// to d for it.
func (t *Tunnel) upEnded(waits bool, d time.Duration) (f *Fault, done bool) {
	if !waits {
		d = 0
	}
	select {
	case f = <-t.up:
		return f, true
	case <-time.After(d):
		return nil, false
	}
}

// throwAway reads and discards once what the backend has sent, waiting until due, and
// reports whether the backend's direction has ended.
func (t *Tunnel) throwAway(due socket.Instant) (ended bool) {
	x := t.x
	x.up.Resume()
	x.up.ReadBy(due)
	_, err := x.back.read(&x.up.Conn)
	x.back.Drop()
	return err != nil && err != os.ErrDeadlineExceeded && err != socket.ErrInterrupted
}

// Due returns the time at which the silence will have lasted too long. After a
// half-close the other direction gets less time: many peers forget to close it.
func (t *Tunnel) Due() socket.Instant {
	limits := &t.x.From.Limits
	if t.halved.Load() {
		return socket.Instant(t.heard.Load()).Add(min(limits.StreamTimeout, limits.TunnelTimeout))
	}
	return socket.Instant(t.heard.Load()).Add(limits.TunnelTimeout)
}

// Ended interprets err, the failed read of one direction. It returns how that
// direction ended, or again if the read only timed out while the other direction was
// active.
func (t *Tunnel) Ended(side Side, err error) (f *Fault, again bool) {
	switch {
	case err == io.EOF:
		return nil, false
	case err == ErrStalled || !errors.Is(err, os.ErrDeadlineExceeded):
		return &Fault{Side: side, Op: OpTunnel, Err: err}, false
	case socket.Now() < t.Due():
		return nil, true
	}
	return &Fault{Side: side, Op: OpTunnel, Err: ErrSilence}, false
}
