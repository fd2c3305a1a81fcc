package exchange

import (
	"errors"
	"net"
	"os"
	"slices"
	"sync/atomic"

	"elbow/internal/buffer"
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
	s, err := x.backend.Pool.OpenStream()
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
	x.Out = b.appendRequest(x.Out[:0])
	x.sendErr = b.stream.Send(x.Out, b.early, b.whole, x.call)
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

func (b *b2) head() *Fault {
	for {
		block, ended, err := b.stream.Head(b.block[:0], b.due(OpReceive))
		b.block = block
		if err == nil {
			return b.parse(ended)
		}
		if f := b.failed(OpReceive, err); f != nil {
			return f
		}
	}
}

// parse decodes the header block into x.Resp. Blocks that reach this point are
// independent of each other, so one that cannot be decoded ends only its own stream.
func (b *b2) parse(ended bool) *Fault {
	x := b.x
	b.heard = socket.Now()
	x.Resp.Reset()
	fields, err := b.decode(x.call && ended)
	if err == nil {
		err = http2.Response(&x.Resp, fields, string(x.Req.Method) == "HEAD", ended)
	}
	if err != nil {
		return &Fault{Side: Upstream, Op: OpReceive, Status: 502, Err: err}
	}
	b.left = -1
	switch x.Resp.Framing {
	case http1.NoBody:
		b.left = 0
	case http1.Length:
		b.left = x.Resp.Length
	}
	return nil
}

func (b *b2) payload() (from, to int, last bool, f *Fault) {
	x := b.x
	x.back.Open()
	n, block, last, err := b.stream.Take(x.back.Buf.B[HeadRoom:buffer.Bytes-tailRoom], b.block[:0])
	b.block = block
	if b.left >= 0 && err == nil {
		if b.left -= int64(n); b.left < 0 || last && b.left > 0 {
			err = http1.ErrLengthWrong
		}
	}
	if err == nil && last && len(block) > 0 {
		err = b.takeTrailers()
	}
	if err != nil {
		return HeadRoom, HeadRoom, false, b.broken(OpBody, err)
	}
	if n > 0 {
		b.heard = socket.Now()
	}
	return HeadRoom, HeadRoom + n, last, nil
}

// decode returns the fields of the block. If the list is too long and contains the
// status of a call, it is truncated instead of rejected: the call was made, and its
// result must reach the client.
func (b *b2) decode(withStatus bool) (fields []http2.Field, err error) {
	d := b.decoder
	d.Whole = withStatus
	b.arena, err = d.Decode(b.arena[:0], b.block)
	d.Whole = false
	switch {
	case err != nil || !d.TooLong:
		return d.Fields, err
	case withStatus:
		return fitFields(d.Fields), nil
	}
	return d.Fields, http1.ErrHeadLength
}

// fitFields truncates a list to http2.MaxListBytes. It keeps the fields that a call
// cannot do without, then the others in order.
func fitFields(fields []http2.Field) []http2.Field {
	room := http2.MaxListBytes
	for i := range fields {
		if neededByCall(&fields[i]) {
			room -= fields[i].Size()
		}
	}
	return slices.DeleteFunc(fields, func(f http2.Field) bool {
		if neededByCall(&f) {
			return room < 0 && string(f.Name) == "grpc-message"
		}
		if f.Size() > room {
			return true
		}
		room -= f.Size()
		return false
	})
}

func neededByCall(f *http2.Field) bool {
	switch string(f.Name) {
	case ":status", "content-type", "grpc-status", "grpc-message":
		return true
	}
	return false
}

// takeTrailers decodes the header block into x.Trailers.
func (b *b2) takeTrailers() error {
	// The strings of the head are no longer needed: it has been forwarded.
	fields, err := b.decode(true)
	if err == nil {
		b.x.Trailers, err = http2.AppendTrailers(b.x.Trailers[:0], fields, true)
	}
	return err
}

func (b *b2) more() *Fault {
	x := b.x
	x.back.Drop() // its content has been forwarded
	if !x.duplex {
		b.heard = socket.Now() // time that the client took does not count against the backend
	}
	for {
		err := b.stream.Await(b.due(OpBody))
		if err == nil {
			return nil
		}
		if f := b.failed(OpBody, err); f != nil {
			return f
		}
	}
}

// due returns the time at which a wait must check again whether to continue.
func (b *b2) due(op Op) socket.Instant {
	due := b.limit(op)
	if x := b.x; !x.duplex || op == OpReceive && x.sentAt() == 0 {
		// The client may leave, or the upload may end, in the meantime.
		due = min(due, socket.Now().Add(WatchEvery))
	}
	return due
}

// limit returns the time until which the backend may be silent. The response head is
// due a RequestTimeout after the end of the request; a body may stand still for a
// StreamTimeout. A call or a Connect stream ends only after silence in both
// directions, for as long as a tunnel may be silent: many such streams are idle for
// hours by design.
func (b *b2) limit(op Op) socket.Instant {
	x := b.x
	limits := &x.From.Limits
	silence := socket.Now().Add(Forever)
	switch {
	case x.duplex:
		silence = max(socket.Instant(b.spoken.Load()), b.heard).Add(limits.TunnelTimeout)
	case op == OpBody:
		silence = b.heard.Add(limits.StreamTimeout)
	}
	if since := x.sentAt(); op == OpReceive && since != 0 {
		return min(silence, since.Add(x.cfg.requestTimeout()))
	}
	return silence
}

// failed returns the Fault of a wait that ended with err, or nil if there is time
// left.
func (b *b2) failed(op Op, err error) *Fault {
	switch f := b.x.Upload.failed(); {
	case f != nil:
		return f
	case err != os.ErrDeadlineExceeded:
		return b.broken(op, err)
	case b.x.client.Gone():
		return ClientGone(op)
	case socket.Now() < b.limit(op):
		return nil
	}
	b.stream.Doubt()
	return &Fault{Side: Upstream, Op: op, Status: 504, Err: err}
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
