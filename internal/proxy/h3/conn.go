// Package h3 serves connections of clients that speak HTTP/3, over QUIC. Frames and QPACK
// are in package http3, QUIC is quic-go's; the UDP port and the handshakes are in package
// proxy (quic.go). Start reading at Conn, then request.go for the client's side of an
// exchange.
package h3

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quic-go/quic-go"

	"elbow/internal/exchange"
	"elbow/internal/http3"
	"elbow/internal/socket"
)

// A Conn is a client connection that speaks HTTP/3. One goroutine accepts request
// streams, one accepts unidirectional streams. Each exchange has a goroutine of its
// own, and so does each of the client's control and QPACK streams. Flow control,
// retransmission and scheduling are done by quic-go.
type Conn struct {
	exchange.Origin
	quic   *quic.Conn
	window *Window
	shaken func() // called when the handshake is complete

	control *quic.SendStream // ours
	theirs  theirStreams     // owned by acceptUni
	working sync.WaitGroup   // exchanges and unidirectional streams

	headRoom atomic.Int64 // extra bytes held by unfinished heads

	mu        sync.Mutex
	open      int            // exchanges in flight
	idleSince socket.Instant // when the last exchange ended
	next      quic.StreamID  // first stream that has not been accepted
	leaving   leaving
	asked     bool        // there was a request
	long      bool        // the client may need a while to read an answer
	timer     *time.Timer // runs expire for the next step
}

// leaving is the state of a graceful shutdown (RFC 9114, 5.2).
type leaving uint8

const (
	staying leaving = iota
	warned          // a GOAWAY has asked for no more streams; those in transit are served
	leftOff         // a GOAWAY has named the last stream
)

// New returns a connection of the frontend, on which the caller must call Serve or
// Refuse. id is the connection id that its client chose; shaken is called when the
// handshake is complete.
func New(f *exchange.Frontend, c *quic.Conn, id []byte, window *Window, shaken func()) *Conn {
	h := &Conn{quic: c, window: window, shaken: shaken, idleSince: socket.Now()}
	h.Origin.Open(f, h, socket.AddrPort(c.RemoteAddr()))
	h.Remote = c
	h.Key.QUICID = id
	return h
}

// Refuse closes a connection beyond the limit.
func (h *Conn) Refuse() { h.end(http3.ExcessiveLoad, "too many connections") }

// Serve handles requests until the connection ends.
func (h *Conn) Serve() {
	defer h.Frontend.Members.Remove(&h.Origin)
	defer h.working.Wait()
	defer h.Guard()
	defer h.end(http3.InternalError, "") // after a panic; otherwise it has ended already
	if err := h.greet(); err != nil {
		return
	}
	h.working.Add(1)
	go h.acceptUni() // ends with the connection; awaited above
	h.mu.Lock()
	h.timer = time.AfterFunc(h.Frontend.Config.Load().IdlePatience(), h.expire)
	h.mu.Unlock()
	defer h.timer.Stop()
	if h.Frontend.Draining.Load() {
		h.Retire() // Close may have run before the connection was in the set
	}
	for {
		str, err := h.quic.AcceptStream(context.Background()) // ends with the connection
		if err != nil {
			return
		}
		h.request(str)
	}
}

// greet opens our control stream. A client that does not allow one violates HTTP/3
// (RFC 9114, 6.2).
func (h *Conn) greet() error {
	var err error
	if h.control, err = h.quic.OpenUniStream(); err != nil {
		h.end(http3.StreamCreationError, "no control stream allowed")
		return err
	}
	_, err = h.control.Write(http3.AppendGreeting(nil))
	return err
}

// request begins an exchange for a stream, unless a GOAWAY has excluded it.
func (h *Conn) request(str *quic.Stream) {
	h.mu.Lock()
	refused := h.leaving == leftOff
	if !refused && h.Budget.Overfull() {
		h.Frontend.RefuseMemory()
		refused = true
	}
	if !refused {
		h.next = str.StreamID() + 4 // client-initiated bidirectional streams (RFC 9000, 2.1)
		if h.open++; h.open == 1 {
			h.State.Store(exchange.Active)
			if h.leaving == staying {
				h.timer.Stop()
			}
		}
	}
	h.mu.Unlock()
	if refused {
		str.CancelRead(quic.StreamErrorCode(http3.RequestRejected))
		str.CancelWrite(quic.StreamErrorCode(http3.RequestRejected))
		str.ReleaseStreamCredit()
		return
	}
	h.working.Add(1)
	go h.exchange(str) // ends with the exchange; Serve waits for it
}

// exchange runs the exchange of a stream.
func (h *Conn) exchange(str *quic.Stream) {
	defer h.working.Done()
	defer h.Guard()
	s := takeRequest(h, str)
	defer s.end()
	s.x.Serve()
}

// done counts an exchange that has ended.
func (h *Conn) done(long bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked, h.long = true, h.long || long
	if h.open--; h.open > 0 {
		return
	}
	h.idleSince = socket.Now()
	h.State.Store(exchange.Idle)
	switch h.leaving {
	case staying:
		h.timer.Reset(h.Frontend.Config.Load().IdlePatience())
	case leftOff:
		h.timer.Reset(h.patience())
	}
}

// patience returns how long a connection without exchanges stays open after its last
// GOAWAY. A client closes it when it has read everything. Closing it sooner may cost
// the client an answer, because most clients drop what they have received and not
// read, and QUIC does not show what they have read. mu must be locked.
func (h *Conn) patience() time.Duration {
	limits := &h.Limits
	reads := limits.UnreadTimeout
	if h.long {
		reads = limits.StreamTimeout
	}
	if !h.asked {
		reads = 0
	}
	return max(Farewell, limits.LingerTimeout, h.idleSince.Add(reads).Sub(socket.Now()))
}

// expire performs the next step of closing the connection, if it has been idle for
// long enough or is being shut down.
func (h *Conn) expire() {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch left := h.idleSince.Add(h.Frontend.Config.Load().IdlePatience()).Sub(socket.Now()); {
	case h.leaving == warned:
		h.leaveOff()
	case h.open > 0: // a request has just arrived
	case h.leaving == leftOff:
		go h.end(http3.NoError, "") // ends at once; so does Serve
	case left > 0: // the deadline has moved
		h.timer.Reset(left)
	default:
		h.warn()
	}
}

// Retire asks the client to open no more streams. The connection ends with its last
// exchange. It may be called from any goroutine and does not block.
func (h *Conn) Retire() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.leaving == staying && h.timer != nil { // otherwise Serve is about to retire it
		h.warn()
	}
}

// warn sends a GOAWAY that excludes no request in transit (RFC 9114, 5.2). mu must be
// locked. The write does not block: it is short enough to be buffered.
func (h *Conn) warn() {
	h.leaving = warned
	_, _ = h.control.Write(http3.AppendGoAway(nil, http3.LastStream)) // fails after the end
	h.timer.Reset(Farewell)
}

// leaveOff sends the GOAWAY that names the last request. Later ones are refused in
// such a way that the client may repeat them elsewhere. mu must be locked.
func (h *Conn) leaveOff() {
	h.leaving = leftOff
	_, _ = h.control.Write(http3.AppendGoAway(nil, uint64(h.next)))
	if h.open == 0 {
		h.timer.Reset(h.patience())
	}
}

// GiveWay implements exchange.Member.
func (h *Conn) GiveWay() {
	h.CutFor.CompareAndSwap(nil, exchange.MemoryShort)
	go h.end(http3.ExcessiveLoad, "memory is short") // ends at once
}

// Cut implements exchange.Member.
func (h *Conn) Cut() {
	go h.end(http3.InternalError, "") // ends at once, with the connection and Serve
}

// end closes the connection.
func (h *Conn) end(code http3.Code, reason string) {
	_ = h.quic.CloseWithError(quic.ApplicationErrorCode(code), reason) // never returns an error
}

// refuseConn closes the connection if err is an error of the connection.
func (h *Conn) refuseConn(err error) {
	var refused *http3.Error
	if errors.As(err, &refused) && !refused.OfStream {
		h.Log.Debug("connection refused", "client", h.Addr(), "listener", h.Frontend.Addr, "err", refused)
		h.end(refused.Code, refused.Reason)
	}
}
