// Package exchange handles a request and its answer, whatever versions of HTTP client and
// backend use: choose a backend, queue, connect, send, receive. The client side is an
// interface that proxy/tcp, proxy/h2 and proxy/h3 implement; the backend side is
// implemented here.
//
// Start reading at Exchange.Serve. The parts of an Exchange are types of their own: the
// Request and requestHead, which the backend gets; the session and the assignment, which
// determine the backend; ResponseHead, which the client gets; and the Record. Every failure
// is a Fault (fault.go, which lists where each status is decided); answer.go turns it into
// an answer. A Backend (backends.go) outlives configs; state.go has the states of an
// exchange.
package exchange

import (
	"elbow/internal/http1"
	"elbow/internal/socket"
	"elbow/internal/upstream"
)

// An Exchange is one request and its answer. It is owned by the goroutine of its
// client connection or stream. It comes from a pool and keeps its buffers between
// requests, so that a request allocates nothing.
type Exchange struct {
	From   *Origin
	client ClientSide
	Plain  bool    // the client speaks HTTP/1.1
	cfg    *Config // loaded once, used until the exchange ends

	// The request.
	In     intake
	Req    Request
	Upload Upload // forwards a long body while the answer is awaited

	// The choice of a backend.
	session  session
	assigned assignment
	attempt  attemptState

	Taking  stall // the client does not read the answer
	Sending stall // the client does not send the request; owned by the upload while that runs

	Expelled bool // Taking was ended to free a place, over HTTP/1.1

	// The attempt.
	Via     backendSide
	up      *upstream.Conn // nil unless over HTTP/1.1
	two     *b2            // nil until first needed
	sent    socket.Instant // when the connection was acquired and the head sent
	sendErr error          // result of sending the request
	heard   bool           // a byte of an answer has arrived

	// The answer.
	back     flow
	Resp     http1.Response // slices of back
	Trailers []byte         // lines; known when the body has been read to its end
	Framing  http1.Framing  // of the answer to the client
	Answer   answerState
	Keep     bool // the client connection may carry another request
	Abort    bool // the connection is closed so that the client sees a truncated answer

	Out    []byte // the head being assembled
	Record Record
}

// Serve runs one exchange, from the first byte of a request to the access-log record.
// It reports whether the client connection may carry another.
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

// run answers the request itself, or forwards it to a backend and, where that is safe,
// retries it with another.
func (x *Exchange) run() *Fault {
	r := &x.Req
	r.announceEmpty()
	r.call = !x.Plain && r.isCall()
	if r.framed = x.cfg.Protocol == H2C || x.cfg.Protocol == Auto && r.call; r.framed {
		x.overHTTP2()
	}
	r.duplex = r.framed && (r.call || r.isStream())
	if answered, f := x.answerLocally(); answered {
		return f
	}
	x.session.recall(r.Fields)
	for {
		f := x.try()
		if f == nil || !x.retry(f) {
			return f
		}
	}
}

// try makes one attempt with one backend.
func (x *Exchange) try() *Fault {
	if x.attempt == firstAttempt { // otherwise retry has chosen
		if f := x.assigned.choose(x.session.named.Member); f != nil {
			return f
		}
	}
	if f := x.assigned.queue(x.client); f != nil {
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

// connect acquires a connection to the chosen backend, from its pool or a new one.
func (x *Exchange) connect() *Fault {
	if f := x.Via.connect(); f != nil {
		return f
	}
	x.Record.Connected = x.sent
	if !x.client.Bind(x.Via.Grip()) {
		return ClientGone(OpConnect)
	}
	return nil
}

// send sends the head and the part of the body that came with it in one write. If more
// of the body is to come, an upload forwards it while the answer is awaited, because a
// backend may answer before it has read it all.
func (x *Exchange) send() *Fault {
	whole, f := x.Via.send()
	if f != nil {
		return f
	}
	if !whole {
		x.Upload.start(x)
	}
	return nil
}

// receive reads the answer and forwards it: interim heads, the final head, the body.
func (x *Exchange) receive() *Fault {
	x.back.Drop() // anything left by the previous attempt
	x.back.Long = false
	for {
		if f := x.Via.head(); f != nil {
			return f
		}
		if x.Resp.Status == 101 {
			return x.tunnel()
		}
		if !x.Resp.Interim() {
			break
		}
		x.Answer = x.Answer.after(passInterim)
		if f := x.client.Interim(); f != nil {
			return f
		}
	}
	x.Record.Status = x.Resp.Status
	x.Record.Answered = socket.Now()
	return x.relay()
}

// relay forwards the body of the answer.
func (x *Exchange) relay() *Fault {
	if f := x.client.Begin(x.Upload.over()); f != nil {
		return f
	}
	if x.Upload.Running {
		x.Upload.Answered.Store(true)
	}
	for {
		from, to, last, f := x.Via.payload()
		if f != nil {
			return f
		}
		if last {
			x.Answer = x.Answer.after(passLast)
		}
		if last && !x.Upload.Running {
			x.Via.part(true) // before the write, so that others can use the connection
			x.assigned.vacate()
		}
		if f := x.client.Deliver(x.back.Buf.B, from, to, last); f != nil || last {
			return f
		}
		x.back.lengthen(x.client.Swift())
		if f := x.Via.more(); f != nil {
			return f
		}
	}
}

// sentAt returns when the last byte of the request was sent; 0 if it has not been.
func (x *Exchange) sentAt() socket.Instant {
	if x.Upload.Running {
		return socket.Instant(x.Upload.Ended.Load())
	}
	return x.sent
}

// again reports whether the request may safely be sent again although a backend may have
// processed it, because it is repeatable and no upload is reading from the client.
func (x *Exchange) again() bool { return !x.Upload.Running && x.Req.repeatable() }

// requestHead returns the writer of the head that the backend gets.
func (x *Exchange) requestHead() requestHead {
	return requestHead{&x.Req, x.From, x.cfg, x.session.cookie}
}
