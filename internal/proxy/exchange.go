package proxy

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

// An exchange is one request and its answer. It belongs to the goroutine of its
// client connection, or of its stream, and is on loan from a pool; what it holds
// it keeps between requests, so that a request allocates nothing.
type exchange struct {
	from   *Origin
	client clientSide
	plain  bool        // the client speaks HTTP/1.1
	cfg    *Forwarding // loaded once, in force to the end

	// The request.
	in      intake
	headLen int           // bytes of in that are its head
	call    bool          // it is one of gRPC
	framed  bool          // its backend is spoken to in HTTP/2
	duplex  bool          // so it is, and either side may be silent for long
	req     http1.Request // slices of in
	upload  upload        // passes a long body on while the answer is awaited

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

	taking  stall // of a client that takes nothing of the answer
	sending stall // of one that sends nothing of the request; the upload's while that runs

	expelled bool // taking was ended for somebody else, over HTTP/1.1

	// The attempt.
	via     backendSide
	up      *upstream.Conn // nil unless over HTTP/1.1
	two     *b2            // nil until first needed
	sent    socket.Instant // when there was a connection for it, so that the head was sent
	sendErr error          // what became of that
	heard   bool           // a byte of an answer has come

	// The answer.
	back     flow
	resp     http1.Response // slices of back
	trailers []byte         // lines; known when the body has been taken to its end
	framing  http1.Framing  // as the client gets it
	headSent bool           // a final head has gone out
	relayed  bool           // a final answer has been passed on to its end
	keep     bool           // the client connection may carry another request
	abort    bool           // it ends so that the client takes what it got for cut off

	out    []byte // a head being assembled
	record record
}

var exchanges = sync.Pool{New: func() any { return &exchange{out: make([]byte, 0, buffer.HeadBytes)} }}

// takeExchange returns an exchange for the requests that a connection, or a stream of
// it, has ready. ends, with id, is what ends it if its client stands still.
func takeExchange(from *Origin, client clientSide, ends expeller, id uint32) *exchange {
	x := exchanges.Get().(*exchange)
	x.from, x.client = from, client
	x.taking.open(from, ends, id)
	x.sending.open(from, ends, id)
	x.taking.holds = overload.UploadCost // a buffer, too
	from.memory.Hold(overload.ExchangeCost)
	x.in.open(&from.memory)
	return x
}

// release gives the exchange back, without anything that refers to its connection.
func (x *exchange) release() {
	x.in.close()
	x.from.memory.Hold(-overload.ExchangeCost)
	x.req.Reset()
	x.shrink()
	x.from, x.client, x.cfg, x.record = nil, nil, nil, record{}
	x.taking, x.sending = stall{}, stall{}
	if x.framed {
		x.two.forget()
	}
	x.plain, x.call, x.framed, x.duplex = false, false, false, false
	exchanges.Put(x)
}

// keptBytes is how much room for heads and trailers an exchange keeps for the
// next one; few have more.
const keptBytes = 4 * buffer.HeadBytes

// shrink lets go of the room that only an unusual message needs.
func (x *exchange) shrink() {
	if cap(x.out) > keptBytes {
		x.out = make([]byte, 0, buffer.HeadBytes)
	}
	if cap(x.trailers) > keptBytes {
		x.trailers = nil
	}
}

// serve runs one exchange, from the first byte of a request to the line in the
// access log. It reports whether the client connection may carry another.
func (x *exchange) serve() (more bool) {
	x.reset()
	fault := x.client.head()
	if fault == errNoRequest {
		return false
	}
	defer x.finish()
	if fault == nil {
		fault = x.run()
	}
	if fault != nil {
		x.fail(fault)
	}
	return x.keep
}

// run answers the request here, or tries it with one backend and, where that is
// free of harm, with another.
func (x *exchange) run() *Fault {
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
func (x *exchange) attempt() *Fault {
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

// reset forgets the exchange before.
func (x *exchange) reset() {
	x.cfg = x.from.frontend.config.Load()
	x.member, x.backend, x.fresh, x.moved, x.queued = -1, nil, false, false, false
	x.via, x.trailers, x.upload.cut = (*b1)(x), x.trailers[:0], false
	x.expelled = false
	x.headSent, x.relayed, x.keep, x.abort = false, false, false, false
	x.record = record{Times: accesslog.Times{Began: socket.Now()}}
}

// finish ends what the exchange holds, also if it panicked, and tells of it.
func (x *exchange) finish() {
	if x.upload.running {
		if f := x.upload.join(); f != nil {
			x.keep = false
			if f.Err == errStalled { // which is why the client seems to have left
				x.record.fault = f
			}
		}
	}
	x.via.part(x.relayed)
	if x.record.status == 0 { // it panicked
		x.record.status, x.record.fault = 500, &Fault{Side: Self, Op: OpHead, Status: 500, Err: errPanic}
	}
	x.back.drop()
	x.record.backend, x.record.Ended = x.backend, socket.Now()
	x.leave()
	x.confirm()
	if f := x.record.fault; f != nil {
		x.record.fault = x.ours(f)
	}
	x.from.frontend.retries.Earn()
	x.count()
	x.log()
}

// ours returns what f is if it is the consequence of a cut from here.
func (x *exchange) ours(f *Fault) *Fault {
	var err error
	switch reason := x.from.cutFor.Load(); {
	case reason != nil:
		err = reason.err
	case f.Side == Upstream && f.Op >= OpSend && x.record.backend != nil && x.record.backend.expired.Load():
		err = errOffBackend
	default:
		return f
	}
	return &Fault{Side: Self, Op: f.Op, Status: f.Status, Err: err}
}

// confirm waits until the client has taken a long answer.
func (x *exchange) confirm() {
	if !x.relayed || x.record.fault != nil {
		return
	}
	if f := x.client.taken(); f != nil {
		x.record.fault = f
		x.record.Ended = socket.Now()
		x.keep = false
	}
}

// farewell is when the answer that ends its connection has been sent; 0 if there
// was none or the client has left.
func (x *exchange) farewell() socket.Instant {
	f := x.record.fault
	if !x.headSent || f != nil && f.Side == Client && (f.Op == OpBody || f.Op == OpTunnel) {
		return 0
	}
	return x.record.Ended
}
