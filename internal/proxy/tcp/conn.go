// Package tcp has connections of clients over TCP: what crypto/tls and the protocols
// read and write, how a connection is parked and how it ends without loss, and HTTP/1.1.
// It knows no listener; HTTP/2 embeds its Conn. Start reading at Conn.Serve, then H1,
// which is the client's side of an exchange, and Wire, which reads and writes the socket.
package tcp

import (
	"crypto/tls"
	"io"
	"os"
	"sync/atomic"

	"elbow/internal/exchange"
	"elbow/internal/socket"
	"elbow/internal/upstream"
)

// A Conn is one client connection over TCP. Its goroutine owns everything in it but the
// atomics.
type Conn struct {
	exchange.Origin
	Wire     Wire
	Stream   io.ReadWriter  // a *tls.Conn over wire, or wire itself
	Answered socket.Instant // end of the last answer; 0: there was none, or the client has left
	MayHold  bool           // crypto/tls may hold bytes already deciphered
	abort    bool           // closed so that the client takes what it got for cut off
	h1       H1             // the exchange under way, over HTTP/1.1

	// backend is what the exchange under way is connected to, so that the
	// connection can be cut from outside.
	backend atomic.Pointer[upstream.Grip]
}

// Serve answers requests until the connection ends or is parked. ready tells that
// there is something to read, and that the state says so.
func (c *Conn) Serve(ready bool) {
	mine := true
	defer func() {
		if mine {
			c.Close()
		}
	}()
	defer c.Guard()
	for ; ; ready = false {
		if !ready {
			var parked bool
			if ready, parked = c.await(); !ready {
				mine = !parked
				return
			}
		}
		x := c.take()
		more := x.Serve()
		for more && c.h1.pipelined() {
			more = x.Serve()
		}
		c.MayHold, c.abort, c.Answered, c.h1.X = x.In.More, x.Abort, x.Farewell(), nil
		x.Release()
		if !more {
			return
		}
	}
}

// await waits for the first byte of the next request, holding nothing but the
// conn itself and a goroutine. After a while it lets go of
// that too: the connection is parked, and somebody else's from then on.
func (c *Conn) await() (ready, parked bool) {
	if !c.State.CompareAndSwap(exchange.Active, exchange.Idle) || c.Frontend.Hurries() && c.retireIdle() {
		return false, false
	}
	if !c.MayHold {
		now := socket.Now()
		ends := now.Add(c.Frontend.Config.Load().IdlePatience())
		settles := min(ends, now.Add(c.Limits.SettleTime))
		c.Wire.ReadBy(settles)
		err := c.Wire.Wait()
		if err == os.ErrDeadlineExceeded && settles < ends {
			c.Wire.ReadBy(ends)
			if c.Wire.Park(c) {
				return false, true
			}
			err = c.Wire.Wait() // it has the reason, unless there is no place to park
		}
		if err != nil {
			if err != os.ErrDeadlineExceeded && err != socket.ErrInterrupted {
				c.Answered = 0
			}
			return false, false
		}
	}
	return c.State.CompareAndSwap(exchange.Idle, exchange.Active), false
}

// Awake goes on with a connection that was parked.
func (c *Conn) Awake(err error) {
	if err == nil && c.State.CompareAndSwap(exchange.Idle, exchange.Active) {
		c.Serve(true)
		return
	}
	defer c.Guard()
	c.Close()
}

// Retire implements member. There is no way to ask a client of HTTP/1.1 to go.
func (c *Conn) Retire() {
	if c.Frontend.Hurries() {
		c.retireIdle()
	}
}

// retireIdle asks an idle connection to end and reports whether it was idle.
func (c *Conn) retireIdle() bool {
	if !c.State.CompareAndSwap(exchange.Idle, exchange.Closing) {
		return false
	}
	c.Wire.Interrupt()
	return true
}

// GiveWay implements member.
func (c *Conn) GiveWay() {
	if !c.retireIdle() {
		c.CutOff(exchange.MemoryShort)
	}
}

// Cut ends the connection and whatever it is doing. Whoever swaps the backend out of c.backend owns it, so that what has
// been given back is never closed from here.
func (c *Conn) Cut() {
	_ = c.Wire.Close() // its goroutine sees the error
	if b := c.backend.Swap(nil); b != nil {
		b.Close()
	}
}

// Stalls and Flows are told of writes to the client that have to wait. Those of HTTP/2
// are of no exchange alone.
func (c *Conn) Stalls() {
	if x := c.h1.X; x != nil {
		x.Stalls(&x.Taking, false)
	}
}

// Flows implements socket.Staller.
func (c *Conn) Flows() {
	if x := c.h1.X; x != nil {
		x.Expelled = x.Taking.End()
	}
}

// Close ends the connection, after its client has got the last answer.
func (c *Conn) Close() {
	if !c.lingers() || !c.linger() {
		c.finish()
	}
}

// finish closes the connection and takes it out of the listener's set.
func (c *Conn) finish() {
	c.Wire.StallAfter(c.Limits.LingerTimeout) // for the last alert
	if c.abort {
		_ = c.Wire.Reset() // reset, not closed
	} else if t, ok := c.Stream.(*tls.Conn); ok {
		_ = t.Close() // a client that is gone needs no farewell
	}
	_ = c.Wire.Close() // the second time under TLS
	if c.Wire.in != nil {
		c.Wire.letGo()
	}
	c.Frontend.Members.Remove(&c.Origin)
}

// closeWrite ends the sending side.
func (c *Conn) closeWrite() *exchange.Fault {
	if t, ok := c.Stream.(*tls.Conn); ok {
		if err := t.CloseWrite(); err != nil {
			return &exchange.Fault{Side: exchange.Client, Op: exchange.OpTunnel, Err: err}
		}
	}
	if err := c.Wire.CloseWrite(); err != nil {
		return &exchange.Fault{Side: exchange.Client, Op: exchange.OpTunnel, Err: err}
	}
	return nil
}
