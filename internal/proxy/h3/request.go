package h3

import (
	"context"
	"sync"

	"github.com/quic-go/quic-go"

	"elbow/internal/exchange"
	"elbow/internal/http3"
	"elbow/internal/upstream"
)

// A request is the client side of an exchange over HTTP/3 (RFC 9114, 4.1), and the stream
// that carries it. It comes from a pool, together with its exchange.
type request struct {
	stream

	closed  bool        // our direction has been ended in order
	unwatch func() bool // ends Bind; false: backend connection closed; nil: not bound
	unbound bool        // result of unwatch
}

var requests = sync.Pool{New: func() any {
	return &request{stream: stream{arena: make([]byte, 0, exchange.ArenaBytes)}}
}}

// takeRequest returns a request with an exchange.
func takeRequest(h *Conn, str *quic.Stream) *request {
	r := requests.Get().(*request)
	r.h, r.str, r.x = h, str, exchange.TakeExchange(&h.Origin, r, (*expelled)(str), 0)
	select {
	case <-h.quic.HandshakeComplete():
	default:
		r.replayable = true
	}
	return r
}

// end closes what is still open of the stream, and releases it.
func (r *request) end() {
	if !r.closed {
		r.str.CancelWrite(quic.StreamErrorCode(codeOf(r.x.Record.Fault)))
	}
	long := r.x.Record.BytesOut > exchange.ShortAnswer
	r.x.Release()
	r.x = nil
	if r.closed {
		r.discard()
	}
	if !r.ended {
		r.stopSending()
	}
	if r.reads {
		r.h.window.end()
	}
	r.str.ReleaseStreamCredit()
	r.h.done(long)
	r.release()
}

// release clears the stream, except for what is costly to allocate.
func (r *request) release() {
	clear(r.section.Fields)
	r.x, r.h, r.str, r.unwatch = nil, nil, nil, nil
	r.frames = http3.Stream{}
	r.section.Fields, r.arena, r.rest = r.section.Fields[:0], r.arena[:0], r.rest[:0]
	r.replayable, r.measured, r.ended, r.closed, r.reads = false, false, false, false, false
	r.mute.Store(false)
	r.halted.Store(false)
	r.stopped.Store(false)
	if cap(r.arena) > 4*exchange.ArenaBytes {
		r.arena = make([]byte, 0, exchange.ArenaBytes)
	}
	requests.Put(r)
}

func (r *request) Proto() string { return "HTTP/3.0" }

// Bind makes the backend connection close as soon as the client cancels the request or
// its connection ends.
func (r *request) Bind(up *upstream.Grip) bool {
	r.unwatch = context.AfterFunc(r.str.Context(), up.Close) // the exchange sees the error
	return true
}

func (r *request) Unbind() bool {
	if r.unwatch != nil {
		r.unbound, r.unwatch = r.unwatch(), nil
	}
	return r.unbound
}

func (r *request) Retire() { r.h.Retire() }

// An expelled implements an expeller for a stream.
type expelled quic.Stream

func (s *expelled) Expel(uint32) {
	str := (*quic.Stream)(s)
	str.CancelWrite(quic.StreamErrorCode(http3.ExcessiveLoad))
	str.CancelRead(quic.StreamErrorCode(http3.ExcessiveLoad))
}

func (r *request) Gone() bool { return !r.closed && r.str.Context().Err() != nil }
