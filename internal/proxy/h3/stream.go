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

// A stream is the client's side of an exchange in HTTP/3 (RFC 9114, 4.1). It
// is on loan from a pool, as its exchange is.
type stream struct {
	x   *exchange.Exchange
	h   *Conn
	str *quic.Stream

	frames  http3.Stream
	section http3.Section      // of the head, which the exchange refers to
	arena   []byte             // text of section, as far as it is in no table
	key     exchange.SocketKey // of a WebSocket, as the backend gets it

	replayable bool        // the request came before the handshake was complete
	measured   bool        // all of the body came with the head, and is in order
	mute       atomic.Bool // the request is in error and must not be answered; the upload may find out
	halted     atomic.Bool // the upload is to end
	stopped    atomic.Bool // the client has been told to stop sending: how it ends says nothing
	ended      bool        // the client's direction has been read to its end
	closed     bool        // ours has been ended as it should be
	headRoom   int64       // bytes that an unfinished head has beyond what all have
	reads      bool        // quic-go may hold a part of the request
	rest       []byte      // of the body: the start of a frame whose other part has not come
	unwatch    func() bool // ends bind; false: the backend connection has been closed; nil: it has ended
	unbound    bool        // what unwatch said
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

// end closes what is still open of the stream, and gives it back.
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

// release forgets all but what is costly to make.
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

// codeOf is how a stream ends whose answer is not complete.
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

// errStopped is how reading ends after stopSending.
var errStopped = errors.New("the client was told to stop sending")

// Read reads from the client and takes down the end of the stream, which may
// come with the last bytes.
func (s *stream) Read(p []byte) (int, error) {
	n, err := s.str.Read(p)
	if err == io.EOF && s.stopped.Load() {
		return n, errStopped
	}
	s.ended = s.ended || err == io.EOF
	return n, err
}

// await waits until there is something to read, be it the end.
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

// stopSending tells the client that nothing more of the request is wanted (RFC
// 9114, 4.1). From then on an end of the stream is none of the request: quic-go
// answers io.EOF for a RESET_STREAM that comes in reply while somebody waits in
// Peek, wherever in the body the client stopped.
func (s *stream) stopSending() {
	s.stopped.Store(true)
	s.str.CancelRead(quic.StreamErrorCode(http3.NoError))
}

func (s *stream) readBy(due socket.Instant) {
	_ = s.str.SetReadDeadline(due.Time()) // has no error
}

// Bind has the backend connection closed as soon as the client gives the request
// up, or its connection ends.
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

// An expelled is a stream as an expeller.
type expelled quic.Stream

func (s *expelled) Expel(uint32) {
	str := (*quic.Stream)(s)
	str.CancelWrite(quic.StreamErrorCode(http3.ExcessiveLoad))
	str.CancelRead(quic.StreamErrorCode(http3.ExcessiveLoad))
}

func (s *stream) Gone() bool { return !s.closed && s.str.Context().Err() != nil }

// refuse is the Fault of a client whose frames are in error, and ends its
// connection if that is what is due.
func (s *stream) refuse(op exchange.Op, err error) *exchange.Fault {
	s.h.refuseConn(err)
	var refused *http1.Error
	if errors.As(err, &refused) {
		return &exchange.Fault{Side: exchange.Client, Op: op, Status: refused.Status, Err: err}
	}
	s.mute.Store(true)
	return &exchange.Fault{Side: exchange.Client, Op: op, Status: 400, Err: err}
}

// malformed is the Fault of a request that is reset and not answered: what an
// answer would be to could not be told (RFC 9114, 4.1.2).
func (s *stream) malformed(op exchange.Op, err error) *exchange.Fault {
	s.mute.Store(true)
	return &exchange.Fault{Side: exchange.Client, Op: op, Status: 400, Err: err}
}
