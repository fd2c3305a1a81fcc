package exchange

import (
	"errors"
	"net"
	"sync/atomic"

	"elbow/internal/http1"
	"elbow/internal/http2"
	"elbow/internal/socket"
	"elbow/internal/upstream"
)

// A b2 is the backend side of an exchange over HTTP/2: one stream of a connection that
// many exchanges share. An exchange allocates its b2 when it first needs one and keeps
// it.
type b2 struct {
	x       *Exchange
	stream  *upstream.Stream // nil: none
	decoder *http2.Decoder
	block   []byte // an encoded header block
	arena   []byte // the strings of x.Resp that are in no HPACK table
	early   []byte // the body that came with the head, kept for a retry
	whole   bool   // early is the complete body
	taken   bool   // early has been read from the client
	spilled bool   // the upload has sent bytes that are not in early
	left    int64  // bytes of the answer's body still to come; -1: not known

	spoken atomic.Int64 // instant at which the client last sent something
	heard  socket.Instant
}

// overHTTP2 makes the exchange use HTTP/2 to its backend.
func (x *Exchange) overHTTP2() {
	if x.two == nil {
		x.two = &b2{x: x, decoder: http2.NewStaticDecoder(), arena: make([]byte, 0, ArenaBytes)}
	}
	x.two.early, x.two.taken, x.two.spilled = x.two.early[:0], false, false
	x.Via = x.two
}

// forget drops the state and the oversized buffers that the next exchange does not
// need.
func (b *b2) forget() {
	b.decoder.Forget()
	if cap(b.block) > 4*ArenaBytes {
		b.block = nil
	}
	if cap(b.arena) > 4*ArenaBytes {
		b.arena = make([]byte, 0, ArenaBytes)
	}
}

func (b *b2) connect() *Fault {
	x := b.x
	s, err := x.assigned.backend.Pool.OpenStream()
	if err != nil {
		return connectFault(err)
	}
	s.StallAfter(x.From.Limits.StreamTimeout)
	x.sent = socket.Now()
	b.stream, x.sendErr = s, nil
	return nil
}

func (b *b2) Grip() *upstream.Grip { return b.stream.Grip() }

func (b *b2) part(relayed bool) {
	s := b.stream
	if s == nil {
		return
	}
	b.stream = nil
	free := b.x.client.Unbind()
	s.Release(free && relayed && !b.x.Upload.Running)
}

// send sends head and body together, usually in one TCP segment.
func (b *b2) send() (whole bool, f *Fault) {
	x := b.x
	if !b.taken {
		b.taken, b.whole = true, true
		if x.Req.Framing != http1.NoBody {
			b.early, b.whole = x.client.Early(b.early)
		}
	}
	b.spoken.Store(int64(socket.Now()))
	head := x.requestHead()
	x.Out, b.block = head.appendHTTP2(x.Out[:0], b.block)
	x.sendErr = b.stream.Send(x.Out, b.early, b.whole, x.Req.call)
	x.Out = x.Out[:0]
	if x.sendErr == upstream.ErrUnprocessed { // the connection began to close just now
		return false, b.broken(OpSend, x.sendErr)
	}
	return b.whole, nil
}

func (b *b2) sendBody(u *Upload, from, to int, last bool, trailers []byte) error {
	b.spoken.Store(int64(socket.Now()))
	b.keep(u.Flow.Buf.B[from:to], trailers)
	err := u.stream.Write(u.Flow.Buf.B[from:to], last && len(trailers) == 0)
	if err == nil && last && len(trailers) > 0 {
		err = u.stream.Trailers(HPACKHead.AppendTrailers(nil, trailers))
	}
	return err
}

// keep stores a body of up to MaxEarly bytes for a retry. It is called by the upload.
func (b *b2) keep(p, trailers []byte) {
	if b.spilled = b.spilled || len(b.early)+len(p) > MaxEarly || len(trailers) > 0; !b.spilled {
		b.early = append(b.early, p...)
	}
}

// reclaim ends the upload and reports whether the complete body is in early.
func (b *b2) reclaim() bool {
	u := &b.x.Upload
	if !u.Complete.Load() || u.join() != nil || b.spilled {
		return false
	}
	b.whole = true
	return true
}

// broken returns the Fault of a stream that failed with err.
func (b *b2) broken(op Op, err error) *Fault {
	x := b.x
	if errors.Is(err, net.ErrClosed) && x.client.Gone() {
		return ClientGone(op) // the stream was reset because of that
	}
	f := &Fault{Side: Upstream, Op: op, Status: 502, Err: err}
	switch {
	case x.Upload.Running && (err != upstream.ErrUnprocessed || !b.reclaim()):
		// A part of the body may have been sent, and no more than MaxEarly of it is kept
		// for a retry. The client gets an error code that allows it to repeat the request
		// (codeOf).
	case err == upstream.ErrUnprocessed:
		f.Retry = Afresh // for every method: the backend has not processed it
	case op == OpReceive && b.stream.Lost() && x.again():
		f.Retry = Afresh // as for HTTP/1.1
	}
	return f
}
