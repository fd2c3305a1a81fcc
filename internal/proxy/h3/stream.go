package h3

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"

	"github.com/quic-go/quic-go"

	"elbow/internal/exchange"
	"elbow/internal/http1"
	"elbow/internal/http2"
	"elbow/internal/http3"
	"elbow/internal/socket"
	"elbow/internal/upstream"
)

// A stream is the client side of an exchange over HTTP/3 (RFC 9114, 4.1). It comes
// from a pool, together with its exchange.
type stream struct {
	x   *exchange.Exchange
	h   *Conn
	str *quic.Stream

	frames  http3.Stream
	section http3.Section      // the head, which the exchange refers to
	arena   []byte             // the strings of section that are in no table
	key     exchange.SocketKey // of a WebSocket, for the backend

	replayable bool        // the request came before the handshake was complete
	measured   bool        // all of the body came with the head, and is valid
	mute       atomic.Bool // malformed, must not be answered; set by the upload too
	halted     atomic.Bool // the upload must end
	stopped    atomic.Bool // the client has been told to stop sending, so its end has no meaning
	ended      bool        // the client's direction has been read to its end
	closed     bool        // our direction has been ended in order
	headRoom   int64       // bytes of an unfinished head beyond headBytes
	reads      bool        // quic-go may hold a part of the request
	rest       []byte      // of the body: an incomplete frame
	unwatch    func() bool // ends Bind; false: backend connection closed; nil: not bound
	unbound    bool        // result of unwatch
}

var streams = sync.Pool{New: func() any { return &stream{arena: make([]byte, 0, exchange.ArenaBytes)} }}

// takeStream returns a stream with an exchange.
func takeStream(h *Conn, str *quic.Stream) *stream {
	s := streams.Get().(*stream)
	s.h, s.str, s.x = h, str, exchange.TakeExchange(&h.Origin, s, (*expelled)(str), 0)
	select {
	case <-h.quic.HandshakeComplete():
	default:
		s.replayable = true
	}
	return s
}

// end closes what is still open of the stream, and releases it.
func (s *stream) end() {
	if !s.closed {
		s.str.CancelWrite(quic.StreamErrorCode(codeOf(s.x.Record.Fault)))
	}
	long := s.x.Record.BytesOut > exchange.ShortAnswer
	s.x.Release()
	s.x = nil
	if s.closed {
		s.discard()
	}
	if !s.ended {
		s.stopSending()
	}
	if s.reads {
		s.h.window.end()
	}
	s.str.ReleaseStreamCredit()
	s.h.done(long)
	s.release()
}

// release clears the stream, except for what is costly to allocate.
func (s *stream) release() {
	clear(s.section.Fields)
	s.x, s.h, s.str, s.unwatch = nil, nil, nil, nil
	s.frames = http3.Stream{}
	s.section.Fields, s.arena, s.rest = s.section.Fields[:0], s.arena[:0], s.rest[:0]
	s.replayable, s.measured, s.ended, s.closed, s.reads = false, false, false, false, false
	s.mute.Store(false)
	s.halted.Store(false)
	s.stopped.Store(false)
	if cap(s.arena) > 4*exchange.ArenaBytes {
		s.arena = make([]byte, 0, exchange.ArenaBytes)
	}
	streams.Put(s)
}

// codeOf returns the error code that ends a stream whose answer is incomplete.
func codeOf(f *exchange.Fault) http3.Code {
	var refused *http3.Error
	var reset *upstream.ResetError
	switch {
	case f == nil:
		return http3.InternalError
	case errors.As(f.Err, &refused):
		return refused.Code
	case errors.As(f.Err, &reset) && reset.Code == http2.Cancel:
		return http3.RequestCancelled
	case errors.As(f.Err, &reset) && reset.Code == http2.EnhanceYourCalm:
		return http3.ExcessiveLoad
	case f.Err == upstream.ErrUnprocessed:
		return http3.RequestRejected
	case f.Side == exchange.Client && f.Status == 400:
		return http3.MessageError
	case f.Side == exchange.Client && errors.Is(f.Err, os.ErrDeadlineExceeded):
		return http3.ExcessiveLoad
	case f.Side == exchange.Client:
		return http3.RequestCancelled
	}
	return http3.InternalError
}

func (s *stream) Proto() string { return "HTTP/3.0" }

// errStopped is returned by reads after stopSending.
var errStopped = errors.New("the client was told to stop sending")

// Read reads from the client and records the end of the stream, which may come with
// the last bytes.
func (s *stream) Read(p []byte) (int, error) {
	n, err := s.str.Read(p)
	if err == io.EOF && s.stopped.Load() {
		return n, errStopped
	}
	s.ended = s.ended || err == io.EOF
	return n, err
}

// await blocks until there is data to read, or the end of the stream.
func (s *stream) await() error {
	var one [1]byte
	switch _, err := s.str.Peek(one[:]); {
	case err == io.EOF && s.stopped.Load():
		return errStopped
	case err != io.EOF:
		return err
	}
	return nil
}

// stopSending tells the client that the rest of the request is not needed (RFC 9114,
// 4.1). From then on the end of the stream does not mean the end of the request: while
// a goroutine waits in Peek, quic-go returns io.EOF for the RESET_STREAM that answers
// STOP_SENDING, wherever in the body the client stopped.
func (s *stream) stopSending() {
	s.stopped.Store(true)
	s.str.CancelRead(quic.StreamErrorCode(http3.NoError))
}

func (s *stream) readBy(due socket.Instant) {
	_ = s.str.SetReadDeadline(due.Time()) // never returns an error
}

// Bind makes the backend connection close as soon as the client cancels the request or
// its connection ends.
func (s *stream) Bind(up *upstream.Grip) bool {
	s.unwatch = context.AfterFunc(s.str.Context(), up.Close) // the exchange sees the error
	return true
}

func (s *stream) Unbind() bool {
	if s.unwatch != nil {
		s.unbound, s.unwatch = s.unwatch(), nil
	}
	return s.unbound
}

func (s *stream) Retire() { s.h.Retire() }

// An expelled implements an expeller for a stream.
type expelled quic.Stream

func (s *expelled) Expel(uint32) {
	str := (*quic.Stream)(s)
	str.CancelWrite(quic.StreamErrorCode(http3.ExcessiveLoad))
	str.CancelRead(quic.StreamErrorCode(http3.ExcessiveLoad))
}

func (s *stream) Gone() bool { return !s.closed && s.str.Context().Err() != nil }

// refuse returns the Fault of invalid frames, and closes the connection if the error
// requires it.
func (s *stream) refuse(op exchange.Op, err error) *exchange.Fault {
	s.h.refuseConn(err)
	var refused *http1.Error
	if errors.As(err, &refused) {
		return &exchange.Fault{Side: exchange.Client, Op: op, Status: refused.Status, Err: err}
	}
	s.mute.Store(true)
	return &exchange.Fault{Side: exchange.Client, Op: op, Status: 400, Err: err}
}

// malformed returns the Fault of a request that is reset instead of answered: the
// client could not relate an answer to it (RFC 9114, 4.1.2).
func (s *stream) malformed(op exchange.Op, err error) *exchange.Fault {
	s.mute.Store(true)
	return &exchange.Fault{Side: exchange.Client, Op: op, Status: 400, Err: err}
}
