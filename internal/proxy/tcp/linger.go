package tcp

import (
	"io"
	"os"
	"time"

	"elbow/internal/exchange"
	"elbow/internal/socket"
)

// How a connection over TCP ends without loss (RFC 9112, 9.6), in two steps. First
// an exchange with a long answer is not over before the client's TCP has
// acknowledged all of it, so that the access log can tell an answer that arrived
// from one that did not. Then, where we close the connection, the sending side is
// ended and what still comes is read and thrown away, until the client has closed
// its side or been silent for a while: what comes to a socket that is closed makes
// the kernel reset the connection, and of an answer that the client has not read
// yet the rest is lost.

// Taken implements exchange.ClientSide.
func (h *H1) Taken() *exchange.Fault {
	c, x := h.C, h.X
	c.Wire.Resume() // the interruption of an upload that was not needed any more
	// Each answer counts alone: looking at their sum took 13 % more CPU time for
	// answers of 16 KiB. Where the connection stays, only the access log wants to know.
	if x.Record.BytesOut <= exchange.ShortAnswer || x.Keep && c.Access == nil {
		return nil
	}
	if !x.Keep {
		if f := c.closeWrite(); f != nil { // who reads to the end sees it
			if !c.hasTaken() {
				f.Op = exchange.OpBody
				return f
			}
			x.Record.Taken = socket.Now()
			return nil
		}
	}
	x.Taking.Begin(nil, false)
	defer x.Taking.End()
	if err := c.awaitTaken(!x.Keep); err != nil {
		return &exchange.Fault{Side: exchange.Client, Op: exchange.OpBody, Status: exchange.StatusClientGone, Err: err}
	}
	x.Record.Taken = socket.Now()
	return nil
}

// lingerPace is how many bytes have to come within that time, so that a byte now
// and then does not keep a connection: slower than any upload.
const lingerPace = 1 << 10

// A progress is what a client has done lately.
type progress struct {
	left int            // bytes that its TCP has not acknowledged
	got  int            // bytes that it has sent since at
	at   socket.Instant // when it did something last
}

// look notes what the client has taken, and reports whether that is all.
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

// awaitTaken waits until the client's TCP has acknowledged all that was written.
// What the client sends meanwhile it reads only to throw it away.
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

// hasTaken reports whether a client that has ended the connection had taken the answer
// before; see exchange.ShortAnswer.
func (c *Conn) hasTaken() bool {
	left, err := c.Wire.Unacked()
	return err == nil && left <= exchange.ShortAnswer
}

// pause waits for d, less if the client sends something: as a rule that is its next
// request, with which comes the acknowledgment of the answer before.
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
		case io.EOF: // of its side; it may take what is to come
		default:
			return err
		}
	}
	// Something has come that stays where it is.
	time.Sleep(due.Sub(socket.Now()))
	return nil
}

// lingers reports whether the client may miss something if the connection is
// closed at once. One that has been idle for some time, and has taken all, does not.
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

// A lingering is a connection whose sending side has been ended. As long as nothing
// comes it is parked.
type lingering struct {
	*Conn
	progress
	step time.Duration // to the next look at what has been taken
}

// linger ends the sending side and reads on; it reports whether the connection is
// somebody else's now, who finishes it.
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

// settle reads for a moment, and reports whether the client has not ended its side
// meanwhile. Most end it at once, so they are neither looked at nor parked, which took
// 5 epoll_ctl, 2.5 ioctl and as many goroutines: 5 % of the CPU time of a connection
// with a resumed handshake and one request.
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

// discard throws away what has come, undeciphered: nobody wants it.
func (l *lingering) discard() {
	if l.Wire.in != nil {
		l.got += l.Wire.end - l.Wire.next
		l.Wire.letGo()
	}
}

// Awake goes on with a connection that was parked.
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

// goesOn reports whether waiting that ended with err is to go on. An interruption
// was meant for the request that did not come.
func (l *lingering) goesOn(err error) bool {
	return err == nil || err == os.ErrDeadlineExceeded || err == socket.ErrInterrupted && l.Wire.Resume()
}

// run reads until the client has ended its side, or does nothing any more. It
// reports whether the connection has been parked meanwhile.
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
