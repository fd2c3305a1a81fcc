package proxy

import (
	"errors"
	"io"
	"os"
	"sync/atomic"
	"time"

	"elbow/internal/http1"
	"elbow/internal/overload"
	"elbow/internal/socket"
	"elbow/internal/upstream"
)

// An upload passes the body of a request on to the backend in a goroutine of
// its own, while the goroutine of the connection awaits the answer. It alone
// reads from the client as long as it runs.
type upload struct {
	x       *exchange
	up      *upstream.Conn   // nil unless over HTTP/1.1
	stream  *upstream.Stream // nil unless over HTTP/2
	grip    *upstream.Grip
	flow    flow
	running bool        // owned by the exchange
	sendErr error       // the backend took no more; what follows is only read
	cut     bool        // the backend has not got all of the body; known once done
	done    chan *Fault // how it ended, once; capacity 1

	complete atomic.Bool  // all of the body has been read
	ended    atomic.Int64 // instant at which it ended, one way or the other; 0: not yet
}

// start begins to pass on the body, of which a part may be in x.in.
func (u *upload) start(x *exchange) {
	if u.done == nil {
		u.done = make(chan *Fault, 1)
	}
	u.x, u.up, u.grip, u.running, u.sendErr, u.cut = x, x.up, x.via.grip(), true, nil, true
	if x.framed {
		u.stream = x.two.stream
	}
	x.conn.memory.Hold(overload.UploadCost)
	u.complete.Store(false)
	u.ended.Store(0)
	u.flow.long = false
	u.flow.body.Reset(x.req.Framing, max(x.req.Length, 0))
	go u.run() // ends with the body, or when join interrupts it; join waits for it
}

// run passes the body on and, if the client broke it off, wakes up the exchange,
// which waits for an answer that will not come.
func (u *upload) run() {
	defer u.x.conn.guard()
	f := &Fault{Side: Self, Op: OpSend, Status: 500, Err: errPanic}
	defer func() {
		u.flow.drop()
		u.ended.Store(int64(socket.Now()))
		if f != nil {
			u.grip.Interrupt()
		}
		u.done <- f
	}()
	f = u.x.client.pass(u)
}

func (h *h1) pass(u *upload) *Fault {
	for {
		if f := u.take(); f != nil {
			return f
		}
		from, to, err := u.flow.payload()
		if err != nil {
			return bodyFault(err)
		}
		last := u.flow.body.Done()
		if last {
			u.x.in.unread(u.flow.left()) // before send writes behind the payload
			u.complete.Store(true)       // before the backend can answer to the last byte
		}
		if u.sendErr == nil {
			u.sendErr = u.send(from, to, last, u.flow.body.Trailers())
		}
		if last {
			u.cut = u.sendErr != nil
			return nil
		}
		u.flow.drop()
	}
}

// take brings a piece of the body into the flow: of what came with the head
// first, then of what the client sends.
func (u *upload) take() *Fault {
	c, in, n := u.x.conn, &u.x.in, 0
	if rest := in.rest(); len(rest) > 0 {
		u.flow.open()
		n = copy(u.flow.space(), rest)
		in.used += n
	} else {
		c.wire.ReadBy(socket.Now().Add(c.proxy.limits.BodyTimeout))
		if !in.more {
			u.x.stalls(&u.x.sending, u.x.quiet())
			err := c.wire.wait() // without a buffer
			if f := u.x.flows(&u.x.sending, OpSend); f != nil {
				return f
			}
			if err != nil {
				return bodyFault(err)
			}
		}
		u.flow.open()
		p := u.bounded(u.flow.space())
		var err error
		if n, err = c.stream.Read(p); n == 0 {
			return bodyFault(err)
		}
		in.more = n == len(p)
	}
	u.flow.w += n
	u.x.record.bytesIn += int64(n)
	return nil
}

// errBodyUnwanted ends the upload of a client that has got its answer.
var errBodyUnwanted = errors.New("body goes on after the answer")

// bounded cuts p down to what is missing of a body of known length, so that
// the next request stays where it is.
func (u *upload) bounded(p []byte) []byte {
	if u.x.req.Framing == http1.Length {
		return p[:min(int64(len(p)), u.flow.body.Left())]
	}
	return p
}

// send sends a piece of the body to the backend: buf.b[from:to] of the flow.
func (u *upload) send(from, to int, last bool, trailers []byte) error {
	return u.x.via.sendBody(u, from, to, last, trailers)
}

// failed returns the Fault of an upload that the client broke off.
func (u *upload) failed() *Fault {
	if !u.running || u.ended.Load() == 0 {
		return nil
	}
	f := <-u.done // at once: it ends right after it has finished
	u.done <- f   // for join
	return f
}

// join ends the upload and returns how it ended. The answer is complete or has
// failed. If all of the body has been read, the backend has a moment to take the
// end of it. Else nobody needs the rest: what comes of it is thrown away where the
// connection, or the stream, ends.
func (u *upload) join() *Fault {
	if !u.running {
		return nil
	}
	u.running = false
	defer u.x.conn.memory.Hold(-overload.UploadCost)
	if u.complete.Load() {
		t := time.NewTimer(lastPieceTimeout)
		defer t.Stop()
		select {
		case f := <-u.done:
			return f
		case <-t.C:
		}
	}
	u.grip.Close()         // if it is stuck in a write
	u.x.client.interrupt() // if it is stuck in a read
	return <-u.done
}

// bodyFault is the Fault of a request body that ended with err.
func bodyFault(err error) *Fault {
	f := &Fault{Side: Client, Op: OpSend, Status: 400, Err: err}
	var refused *http1.Error
	switch {
	case errors.As(err, &refused):
		f.Status = refused.Status
	case errors.Is(err, os.ErrDeadlineExceeded):
		f.Status = 408
	default:
		f.Status = statusClientGone
		if err == io.EOF {
			f.Err = io.ErrUnexpectedEOF
		}
	}
	return f
}
