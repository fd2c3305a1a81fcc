package proxy

import (
	"errors"
	"sync/atomic"
	"time"

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
	x.from.memory.Hold(overload.UploadCost)
	u.complete.Store(false)
	u.ended.Store(0)
	u.flow.long = false
	u.flow.body.Reset(x.req.Framing, max(x.req.Length, 0))
	go u.run() // ends with the body, or when join interrupts it; join waits for it
}

// run passes the body on and, if the client broke it off, wakes up the exchange,
// which waits for an answer that will not come.
func (u *upload) run() {
	defer u.x.from.guard()
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

// errBodyUnwanted ends the upload of a client that has got its answer.
var errBodyUnwanted = errors.New("body goes on after the answer")

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
	defer u.x.from.memory.Hold(-overload.UploadCost)
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
