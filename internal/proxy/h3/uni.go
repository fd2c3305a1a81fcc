package h3

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/quic-go/quic-go"

	"elbow/internal/http3"
)

// theirStreams records which of the client's unidirectional streams that may exist
// only once have been opened.
type theirStreams struct {
	mu   sync.Mutex
	seen [4]bool // by type
}

// first reports whether this is the first stream of this type.
func (t *theirStreams) first(of http3.StreamType) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	seen := t.seen[of]
	t.seen[of] = true
	return !seen
}

// acceptUni accepts unidirectional streams.
func (h *Conn) acceptUni() {
	defer h.working.Done()
	select {
	case <-h.quic.HandshakeComplete():
		h.shaken()
	case <-h.quic.Context().Done():
		return
	}
	for {
		str, err := h.quic.AcceptUniStream(context.Background()) // ends with the connection
		if err != nil {
			return
		}
		h.working.Add(1)
		go h.readUni(str) // ends with the stream; Serve waits for it
	}
}

// readUni reads a unidirectional stream to its end.
func (h *Conn) readUni(str *quic.ReceiveStream) {
	defer h.working.Done()
	defer h.Guard()
	defer str.ReleaseStreamCredit()
	var u uniStream
	err := u.read(str, &h.theirs)
	switch {
	case err == errUnknownStream:
		str.CancelRead(quic.StreamErrorCode(http3.StreamCreationError))
	case err != nil:
		h.refuseConn(err)
	}
}

// A uniStream is a unidirectional stream of the client, of any type.
type uniStream struct {
	buf     []byte // read and not consumed
	kind    http3.StreamType
	known   bool // kind has been read
	control http3.Control
	decoder http3.Decoder
}

var errUnknownStream = errors.New("stream of an unknown type")

// read reads the stream to its end, which is an error for the types that must stay
// open.
func (u *uniStream) read(str *quic.ReceiveStream, theirs *theirStreams) error {
	u.buf = make([]byte, 0, 64) // enough for most clients
	for {
		if len(u.buf) == cap(u.buf) {
			u.buf = append(make([]byte, 0, http3.ControlBytes), u.buf...)
		}
		n, err := str.Read(u.buf[len(u.buf):cap(u.buf)])
		u.buf = u.buf[:len(u.buf)+n]
		if n > 0 {
			if err := u.take(theirs); err != nil {
				return err
			}
		}
		if err != nil {
			return u.ended(err)
		}
	}
}

// ended returns the error, if any, of a stream that ended with err.
func (u *uniStream) ended(err error) error {
	var reset *quic.StreamError
	if u.known && (err == io.EOF || errors.As(err, &reset)) {
		return http3.ErrCritical
	}
	return nil
}

// take consumes the complete elements in buf.
func (u *uniStream) take(theirs *theirStreams) error {
	if !u.known {
		kind, n := http3.ReadStreamType(u.buf)
		switch {
		case n == 0:
			return nil
		case kind == http3.PushStream:
			return http3.ErrPushStream
		case kind > http3.DecoderStream:
			return errUnknownStream
		case !theirs.first(kind):
			return http3.ErrStreamTwice
		}
		u.kind, u.known = kind, true
		u.used(n)
	}
	var n int
	var err error
	switch u.kind {
	case http3.ControlStream:
		n, err = u.control.Next(u.buf)
	case http3.EncoderStream:
		n, err = len(u.buf), http3.CheckEncoder(u.buf)
	case http3.DecoderStream:
		n, err = len(u.buf), u.decoder.Check(u.buf)
	}
	u.used(n)
	return err
}

// used removes the first n bytes of buf.
func (u *uniStream) used(n int) { u.buf = u.buf[:copy(u.buf, u.buf[n:])] }
