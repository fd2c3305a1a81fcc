package exchange

import (
	"os"

	"elbow/internal/buffer"
	"elbow/internal/http1"
	"elbow/internal/socket"
)

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

func (b *b2) more() *Fault {
	x := b.x
	x.back.Drop() // its content has been forwarded
	if !x.Req.duplex {
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
	if x := b.x; !x.Req.duplex || op == OpReceive && x.sentAt() == 0 {
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
	case x.Req.duplex:
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
