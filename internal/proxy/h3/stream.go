package h3

import (
	"errors"
	"io"
	"os"
	"sync/atomic"

	"github.com/quic-go/quic-go"

	"elbow/internal/exchange"
	"elbow/internal/http1"
	"elbow/internal/http2"
	"elbow/internal/http3"
	"elbow/internal/socket"
	"elbow/internal/upstream"
)

// A stream is a stream of HTTP/3 (RFC 9114, 4): it is read by frames, and written to.
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
	stopped    atomic.Bool // the client has been told to stop sending, so its end has no meaning
	halted     atomic.Bool // the upload must end
	ended      bool        // the client's direction has been read to its end
	headRoom   int64       // bytes of an unfinished head beyond headBytes
	reads      bool        // quic-go may hold a part of the request
	rest       []byte      // of the body: an incomplete frame
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
