package tcp

import (
	"io"
	"os"
	"time"

	"elbow/internal/exchange"
	"elbow/internal/socket"
)

// This file ends a connection over TCP without loss of data (RFC 9112, 9.6), in two
// steps. First, an exchange with a long answer does not end before the client's TCP
// has acknowledged all of it, so that the access log can distinguish answers that
// arrived from others. Then, if the proxy closes the connection, it half-closes it,
// and reads and discards what still arrives until the client has closed its side or
// been silent for a while: the kernel resets a closed socket when data arrives, and a
// client that has not read the answer yet then loses the rest of it.

// Taken implements exchange.ClientSide.
func (h *H1) Taken() *exchange.Fault {
	c, x := h.C, h.X
	c.Wire.Resume() // an upload that was no longer needed was interrupted
	// Each answer is considered alone: checking their sum took 13 % more CPU time for
	// answers of 16 KiB. If the connection is kept, only the access log needs the result.
	if x.Record.BytesOut <= exchange.ShortAnswer || x.Keep && c.Access == nil {
		return nil
	}
	if !x.Keep {
		if f := c.closeWrite(); f != nil { // clients that read to the end can see it
			if !c.hasTaken() {
				f.Op = exchange.OpBody
				return f
			}
			x.Record.Taken = socket.Now()
			return nil
		}
	}
	x.Taking.Begin(false)
	defer x.Taking.End()
	if err := c.awaitTaken(!x.Keep); err != nil {
		return &exchange.Fault{Side: exchange.Client, Op: exchange.OpBody, Status: exchange.StatusClientGone, Err: err}
	}
	x.Record.Taken = socket.Now()
	return nil
}

// lingerPace is the number of bytes that must arrive within lingerTimeout, so that a
// byte now and then does not keep a connection open. It is slower than any upload.
const lingerPace = 1 << 10

// A progress records what a client has recently received and sent.
type progress struct {
	left int            // bytes not acknowledged by its TCP
	got  int            // bytes received from it since at
	at   socket.Instant // time of the last progress
}

// look records what the client has acknowledged, and reports whether that is
// everything.
func (p *progress) look(c *Conn) (all bool, err error) {
	left, err := c.Wire.Unacked()
	if err != nil {
		return false, err
	}
	if p.at == 0 || left < p.left {
		p.at, p.got = socket.Now(), 0
	}
	p.left = left
	return left == 0, nil
}

// awaitTaken waits until the client's TCP has acknowledged everything that was
// written. If discards, it reads and discards what the client sends meanwhile.
func (c *Conn) awaitTaken(discards bool) error {
	var p progress
	for step := exchange.TakenPoll; ; step = min(2*step, exchange.WatchEvery) {
		if all, err := p.look(c); all || err != nil {
			return err
		}
		if socket.Now() >= p.at.Add(c.Limits.StreamTimeout) {
			return os.ErrDeadlineExceeded
		}
		if err := c.pause(step, discards); err != nil {
			if c.hasTaken() {
				return nil
			}
			return err
		}
	}
}

// hasTaken reports whether a client that has closed the connection had received the
// answer before; see exchange.ShortAnswer.
func (c *Conn) hasTaken() bool {
	left, err := c.Wire.Unacked()
	return err == nil && left <= exchange.ShortAnswer
}

// pause waits for d, or until the client sends something: usually that is its next
// request, which also acknowledges the previous answer.
func (c *Conn) pause(d time.Duration, discards bool) error {
	due := socket.Now().Add(d)
	c.Wire.ReadBy(due)
	if discards && c.Wire.in != nil {
		c.Wire.letGo()
	}
	if c.Wire.in == nil {
		switch err := c.Wire.Wait(); err {
		case nil, os.ErrDeadlineExceeded:
			return nil
		case io.EOF: // a half-close; the client may still read
		default:
			return err
		}
	}
	// Data has arrived, which must not be consumed here.
	time.Sleep(due.Sub(socket.Now()))
	return nil
}

// lingers reports whether the client might lose data if the connection were closed at
// once. A client that has been idle for some time and has received everything loses
// nothing.
func (c *Conn) lingers() bool {
	if c.abort || c.Answered == 0 {
		return false
	}
	if c.State.Load() == exchange.Active || socket.Now() < c.Answered.Add(c.Limits.SettleTime) {
		return true
	}
	left, err := c.Wire.Unacked()
	return left > 0 && err == nil
}

// A lingering is a half-closed connection. It is parked while nothing arrives.
type lingering struct {
	*Conn
	progress
	step time.Duration // to the next check for acknowledgments
}

// linger half-closes the connection and continues to read. It reports whether the
// connection was parked, so that another goroutine finishes it.
func (c *Conn) linger() bool {
	c.State.Store(exchange.Closing)
	c.Wire.Resume()
	c.Wire.StallAfter(c.Limits.StreamTimeout)
	if f := c.closeWrite(); f != nil {
		return false
	}
	l := &lingering{Conn: c}
	return l.settle() && l.run()
}

// settle reads for a short time, and reports whether the client still has its side
// open after it. Most clients close it at once, so these connections are neither
// polled for acknowledgments nor parked, which took 5 epoll_ctl, 2.5 ioctl and as many
// goroutines: 5 % of the CPU time of a connection with a resumed handshake and one
// request.
func (l *lingering) settle() bool {
	limits := &l.Limits
	l.Wire.ReadBy(socket.Now().Add(min(limits.SettleTime, limits.LingerTimeout/4)))
	for {
		err := l.Wire.Wait()
		if err == os.ErrDeadlineExceeded {
			return true
		}
		if !l.goesOn(err) {
			return false
		}
		l.discard()
	}
}

// discard discards what has arrived, without decrypting it.
func (l *lingering) discard() {
	if l.Wire.in != nil {
		l.got += l.Wire.end - l.Wire.next
		l.Wire.letGo()
	}
}

// Awake continues a connection that was parked.
func (l *lingering) Awake(err error) {
	defer l.Guard()
	more := false
	if err == nil { // there is something to read
		more = l.settle()
	} else {
		more = l.goesOn(err)
	}
	if !more || !l.run() {
		l.finish()
	}
}

// goesOn reports whether a wait that ended with err continues. An interruption was
// meant for the next request, which did not come.
func (l *lingering) goesOn(err error) bool {
	return err == nil || err == os.ErrDeadlineExceeded || err == socket.ErrInterrupted && l.Wire.Resume()
}

// run reads until the client has closed its side or is silent for too long. It reports
// whether the connection has been parked.
func (l *lingering) run() (parked bool) {
	limits, wire := &l.Limits, &l.Wire
	for {
		l.discard()
		all, err := l.look(l.Conn)
		if err != nil {
			return false
		}
		now := socket.Now()
		if l.got >= lingerPace {
			l.at, l.got = now, 0
		}
		due := l.at.Add(limits.LingerTimeout)
		if !all {
			due = l.at.Add(limits.StreamTimeout)
		}
		if now >= due {
			return false
		}
		if !all {
			l.step = min(max(2*l.step, exchange.TakenPoll), exchange.WatchEvery)
			due = min(due, now.Add(l.step))
		}
		wire.ReadBy(due)
		if wire.Park(l) {
			return true
		}
		if !l.goesOn(wire.Wait()) {
			return false
		}
	}
}
