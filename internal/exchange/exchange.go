// Package exchange is what happens between a request and its answer, whatever versions
// of HTTP client and backend speak: choose a backend, queue, connect, send, receive.
// Start reading at Exchange.Serve. The client's side is an interface that the packages
// above implement, the backend's side is here.
package exchange

import (
	"sync"

	"elbow/internal/accesslog"
	"elbow/internal/balance"
	"elbow/internal/buffer"
	"elbow/internal/http1"
	"elbow/internal/overload"
	"elbow/internal/socket"
	"elbow/internal/upstream"
)

// An Exchange is one request and its answer. It belongs to the goroutine of its
// client connection, or of its stream, and is on loan from a pool; what it holds
// it keeps between requests, so that a request allocates nothing.
type Exchange struct {
	From   *Origin
	client ClientSide
	Plain  bool    // the client speaks HTTP/1.1
	cfg    *Config // loaded once, in force to the end

	// The request.
	In      intake
	HeadLen int           // bytes of in that are its head
	call    bool          // it is one of gRPC
	framed  bool          // its backend is spoken to in HTTP/2
	duplex  bool          // so it is, and either side may be silent for long
	Req     http1.Request // slices of in
	Upload  Upload        // passes a long body on while the answer is awaited

	// The choice.
	session balance.Session // what the cookies said
	cookie  []byte          // what the backend gets of them
	wall    int64           // Unix seconds, if there is stickiness
	member  int             // index of backend in cfg.Backends; -1: none yet
	backend *Backend
	fresh   bool // the next attempt dials the same backend
	moved   bool // another member has been tried
	queued  bool // backend has no place for it yet
	placed  bool // it counts at backend

	Taking  stall // of a client that takes nothing of the answer
	Sending stall // of one that sends nothing of the request; the upload's while that runs

	Expelled bool // taking was ended for somebody else, over HTTP/1.1

	// The attempt.
	Via     backendSide
	up      *upstream.Conn // nil unless over HTTP/1.1
	two     *b2            // nil until first needed
	sent    socket.Instant // when there was a connection for it, so that the head was sent
	sendErr error          // what became of that
	heard   bool           // a byte of an answer has come

	// The answer.
	back     flow
	Resp     http1.Response // slices of back
	Trailers []byte         // lines; known when the body has been taken to its end
	Framing  http1.Framing  // as the client gets it
	HeadSent bool           // a final head has gone out
	relayed  bool           // a final answer has been passed on to its end
	Keep     bool           // the client connection may carry another request
	Abort    bool           // it ends so that the client takes what it got for cut off

	Out    []byte // a head being assembled
	Record Record
}

var exchanges = sync.Pool{New: func() any { return &Exchange{Out: make([]byte, 0, buffer.HeadBytes)} }}

// TakeExchange returns an exchange for the requests that a connection, or a stream of
// it, has ready. ends, with id, is what ends it if its client stands still.
func TakeExchange(from *Origin, client ClientSide, ends expeller, id uint32) *Exchange {
	x := exchanges.Get().(*Exchange)
	x.From, x.client = from, client
	x.Taking.open(from, ends, id)
	x.Sending.open(from, ends, id)
	x.Taking.holds = overload.UploadCost // a buffer, too
	from.Memory.Hold(overload.ExchangeCost)
	x.In.open(&from.Memory)
	return x
}

// Release gives the exchange back, without anything that refers to its connection.
func (x *Exchange) Release() {
	x.In.close()
	x.From.Memory.Hold(-overload.ExchangeCost)
	x.Req.Reset()
	x.shrink()
	x.From, x.client, x.cfg, x.Record = nil, nil, nil, Record{}
	x.Taking, x.Sending = stall{}, stall{}
	if x.framed {
		x.two.forget()
	}
	x.Plain, x.call, x.framed, x.duplex = false, false, false, false
	exchanges.Put(x)
}

// keptBytes is how much room for heads and trailers an exchange keeps for the
// next one; few have more.
const keptBytes = 4 * buffer.HeadBytes

// shrink lets go of the room that only an unusual message needs.
func (x *Exchange) shrink() {
	if cap(x.Out) > keptBytes {
		x.Out = make([]byte, 0, buffer.HeadBytes)
	}
	if cap(x.Trailers) > keptBytes {
		x.Trailers = nil
	}
}

// Serve runs one exchange, from the first byte of a request to the line in the
// access log. It reports whether the client connection may carry another.
func (x *Exchange) Serve() (more bool) {
	x.Reset()
	fault := x.client.Head()
	if fault == ErrNoRequest {
		return false
	}
	defer x.Finish()
	if fault == nil {
		fault = x.run()
	}
	if fault != nil {
		x.fail(fault)
	}
	return x.Keep
}

// run answers the request here, or tries it with one backend and, where that is
// free of harm, with another.
func (x *Exchange) run() *Fault {
	x.announceEmpty()
	x.call = x.isCall()
	if x.framed = x.cfg.Protocol == H2C || x.cfg.Protocol == Auto && x.call; x.framed {
		x.overHTTP2()
	}
	x.duplex = x.framed && (x.call || x.isStream())
	if answered, f := x.local(); answered {
		return f
	}
	x.recall()
	for {
		f := x.attempt()
		if f == nil || !x.retry(f) {
			return f
		}
	}
}

// attempt tries the exchange with one backend.
func (x *Exchange) attempt() *Fault {
	if f := x.choose(); f != nil {
		return f
	}
	if f := x.queue(); f != nil {
		return f
	}
	if f := x.connect(); f != nil {
		return f
	}
	if f := x.send(); f != nil {
		return f
	}
	return x.receive()
}

// Reset forgets the exchange before.
func (x *Exchange) Reset() {
	x.cfg = x.From.Frontend.Config.Load()
	x.member, x.backend, x.fresh, x.moved, x.queued = -1, nil, false, false, false
	x.Via, x.Trailers, x.Upload.Cut = (*b1)(x), x.Trailers[:0], false
	x.Expelled = false
	x.HeadSent, x.relayed, x.Keep, x.Abort = false, false, false, false
	x.Record = Record{Times: accesslog.Times{Began: socket.Now()}}
}

// Finish ends what the exchange holds, also if it panicked, and tells of it.
func (x *Exchange) Finish() {
	if x.Upload.Running {
		if f := x.Upload.join(); f != nil {
			x.Keep = false
			if f.Err == ErrStalled { // which is why the client seems to have left
				x.Record.Fault = f
			}
		}
	}
	x.Via.part(x.relayed)
	if x.Record.Status == 0 { // it panicked
		x.Record.Status, x.Record.Fault = 500, &Fault{Side: Self, Op: OpHead, Status: 500, Err: errPanic}
	}
	x.back.Drop()
	x.Record.backend, x.Record.Ended = x.backend, socket.Now()
	x.leave()
	x.confirm()
	if f := x.Record.Fault; f != nil {
		x.Record.Fault = x.ours(f)
	}
	x.From.Frontend.Retries.Earn()
	x.count()
	x.log()
}

// ours returns what f is if it is the consequence of a cut from here.
func (x *Exchange) ours(f *Fault) *Fault {
	var err error
	switch reason := x.From.CutFor.Load(); {
	case reason != nil:
		err = reason.Err
	case f.Side == Upstream && f.Op >= OpSend && x.Record.backend != nil && x.Record.backend.expired.Load():
		err = ErrOffBackend
	default:
		return f
	}
	return &Fault{Side: Self, Op: f.Op, Status: f.Status, Err: err}
}

// confirm waits until the client has taken a long answer.
func (x *Exchange) confirm() {
	if !x.relayed || x.Record.Fault != nil {
		return
	}
	if f := x.client.Taken(); f != nil {
		x.Record.Fault = f
		x.Record.Ended = socket.Now()
		x.Keep = false
	}
}

// Farewell is when the answer that ends its connection has been sent; 0 if there
// was none or the client has left.
func (x *Exchange) Farewell() socket.Instant {
	f := x.Record.Fault
	if !x.HeadSent || f != nil && f.Side == Client && (f.Op == OpBody || f.Op == OpTunnel) {
		return 0
	}
	return x.Record.Ended
}
