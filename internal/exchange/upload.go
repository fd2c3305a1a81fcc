package exchange

import (
	"errors"
	"io"
	"sync/atomic"
	"time"

	"elbow/internal/overload"
	"elbow/internal/socket"
	"elbow/internal/upstream"
)

// An Upload forwards a request body to the backend in a goroutine of its own, while
// the goroutine of the connection awaits the answer. While it runs, only it reads from
// the client.
type Upload struct {
	X       *Exchange
	up      *upstream.Conn   // nil unless over HTTP/1.1
	stream  *upstream.Stream // nil unless over HTTP/2
	grip    *upstream.Grip
	Flow    flow
	Running bool        // owned by the exchange
	SendErr error       // the backend accepts no more; the rest is only read
	Cut     bool        // the backend has not received all of the body; valid once done
	done    chan *Fault // the result, sent once; capacity 1

	Answered atomic.Bool  // the head of the answer is known
	Complete atomic.Bool  // all of the body has been read
	Ended    atomic.Int64 // instant at which it ended, for any reason; 0: not yet
}

// start begins to forward the body, of which a part may be in x.In.
func (u *Upload) start(x *Exchange) {
	if u.done == nil {
		u.done = make(chan *Fault, 1)
	}
	u.X, u.up, u.grip, u.Running, u.SendErr, u.Cut = x, x.up, x.Via.Grip(), true, nil, true
	if x.Req.framed {
		u.stream = x.two.stream
	}
	x.From.Memory.Hold(overload.UploadCost)
	u.Answered.Store(false)
	u.Complete.Store(false)
	u.Ended.Store(0)
	u.Flow.Long = false
	u.Flow.Body.Reset(x.Req.Framing, max(x.Req.Length, 0))
	go u.run() // ends with the body, or when join interrupts it; join waits for it
}

// run forwards the body. If the client breaks it off, it wakes up the exchange, which
// waits for an answer that will not come.
func (u *Upload) run() {
	defer u.X.From.Guard()
	f := &Fault{Side: Self, Op: OpSend, Status: 500, Err: errPanic}
	defer func() {
		u.Flow.Drop()
		u.Ended.Store(int64(socket.Now()))
		if f != nil {
			u.grip.Interrupt()
		}
		u.done <- f
	}()
	f = u.X.client.Pass(u)
	if f != nil && errors.Is(f.Err, errBodyShort) && u.Answered.Load() {
		f = nil
	}
}

// errBodyShort means that the body ended before the length announced in the head.
// After the answer has begun it is no fault: clients such as curl stop sending a body
// when they see an error. The backend does not get an end of the body.
var errBodyShort = io.ErrUnexpectedEOF

// ErrBodyUnwanted ends the upload of a client that has received its answer.
var ErrBodyUnwanted = errors.New("body continues after the answer")

// Send sends a piece of the body to the backend: Buf.B[from:to] of the flow.
func (u *Upload) Send(from, to int, last bool, trailers []byte) error {
	return u.X.Via.sendBody(u, from, to, last, trailers)
}

// failed returns the Fault of an upload that the client has broken off.
func (u *Upload) failed() *Fault {
	if !u.Running || u.Ended.Load() == 0 {
		return nil
	}
	f := <-u.done // does not block for long: it follows setting Ended
	u.done <- f   // for join
	return f
}

// join ends the upload and returns its result, after the answer is complete or has
// failed. If all of the body has been read, the backend has a short time to accept the
// end of it. Otherwise the rest is not needed: it is read and discarded when the
// connection or stream ends.
func (u *Upload) join() *Fault {
	if !u.Running {
		return nil
	}
	u.Running = false
	defer u.X.From.Memory.Hold(-overload.UploadCost)
	if u.Complete.Load() {
		t := time.NewTimer(lastPieceTimeout)
		defer t.Stop()
		select {
		case f := <-u.done:
			return f
		case <-t.C:
		}
	}
	u.grip.Close()         // unblocks a write
	u.X.client.Interrupt() // unblocks a read
	return <-u.done
}

// over reports whether no part of the body, not even its end, is outstanding, so that the
// next bytes of the client are another request.
func (u *Upload) over() bool { return !u.Running || u.Complete.Load() }
