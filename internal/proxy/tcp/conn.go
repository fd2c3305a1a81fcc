// Package tcp serves client connections over TCP. It contains the reading and writing
// below crypto/tls and the protocols, parking, closing without loss of data, and
// HTTP/1.1.
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

// A Conn is one client connection over TCP. Its goroutine owns all fields except the
// atomics.
type Conn struct {
	exchange.Origin
	Wire     Wire
	Stream   io.ReadWriter  // a *tls.Conn over wire, or wire itself
	Answered socket.Instant // end of the last answer; 0: there was none, or the client has left
	MayHold  bool           // crypto/tls may hold decrypted bytes
	abort    bool           // reset it so that the client sees a truncated answer
	h1       H1             // the exchange in flight, over HTTP/1.1

	// backend is the backend connection of the exchange in flight, so that it can be cut
	// from outside.
	backend atomic.Pointer[upstream.Grip]
}

// Serve answers requests until the connection ends or is parked. ready means that
// there is something to read and that the state is already Active.
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

// await waits for the first byte of the next request, holding only the Conn itself and
// a goroutine. After a while it gives up the goroutine too: the connection is parked,
// and must not be used by the caller from then on.
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
			err = c.Wire.Wait() // returns the reason, or waits on if the parking lot is full
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

// Awake continues a connection that was parked.
func (c *Conn) Awake(err error) {
	if err == nil && c.State.CompareAndSwap(exchange.Idle, exchange.Active) {
		c.Serve(true)
		return
	}
	defer c.Guard()
	c.Close()
}

// Retire implements exchange.Member. HTTP/1.1 has no way to ask a client with a
// request in flight to leave.
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

// GiveWay implements exchange.Member.
func (c *Conn) GiveWay() {
	if !c.retireIdle() {
		c.CutOff(exchange.MemoryShort)
	}
}

// Cut closes the connection and aborts whatever it is doing. Whoever swaps the backend
// out of c.backend owns it, so that a backend connection that was returned to its pool
// is never closed from here.
func (c *Conn) Cut() {
	_ = c.Wire.Close() // its goroutine sees the error
	if b := c.backend.Swap(nil); b != nil {
		b.Close()
	}
}

// Stalls and Flows are called around writes to the client that block. Over HTTP/2 such
// a write belongs to no single exchange.
func (c *Conn) Stalls() {
	if x := c.h1.X; x != nil {
		x.Taking.Begin(false)
	}
}

// Flows implements socket.Staller.
func (c *Conn) Flows() {
	if x := c.h1.X; x != nil {
		x.Expelled = x.Taking.End()
	}
}

// Close closes the connection after its client has received the last answer.
func (c *Conn) Close() {
	if !c.lingers() || !c.linger() {
		c.finish()
	}
}

// finish closes the connection and removes it from the listener's set.
func (c *Conn) finish() {
	c.Wire.StallAfter(c.Limits.LingerTimeout) // for the last alert
	if c.abort {
		_ = c.Wire.Reset() // reset, not closed
	} else if t, ok := c.Stream.(*tls.Conn); ok {
		_ = t.Close() // fails if the client is gone, which does not matter
	}
	_ = c.Wire.Close() // under TLS it is closed already
	if c.Wire.in != nil {
		c.Wire.letGo()
	}
	c.Frontend.Members.Remove(&c.Origin)
}

// closeWrite half-closes the connection.
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
