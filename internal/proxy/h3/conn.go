// Package h3 serves connections of clients that speak HTTP/3, over QUIC. Frames and QPACK
// are in package http3, QUIC is quic-go's; the UDP port and the handshakes are in package
// proxy (quic.go). Start reading at Conn, then stream.go for the client's side of an
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

// A Conn is a client connection that speaks HTTP/3. One goroutine accepts the
// streams of requests, one those of a single direction; each exchange has one of
// its own, and so has each of the three streams that a client says things about
// the connection on. Flow control, retransmission and the order of what is sent
// are quic-go's.
type Conn struct {
	exchange.Origin
	quic   *quic.Conn
	window *Window
	shaken func() // is called when the handshake is complete

	control *quic.SendStream // ours
	theirs  theirStreams     // owned by acceptUni
	working sync.WaitGroup   // exchanges and streams of one direction

	headRoom atomic.Int64 // that unfinished heads have, in bytes

	mu        sync.Mutex
	open      int            // exchanges under way
	idleSince socket.Instant // when the last of them ended
	next      quic.StreamID  // first stream that has not been accepted
	leaving   leaving
	asked     bool        // there was a request
	long      bool        // there was an answer that the client may be reading for a while
	timer     *time.Timer // for whatever comes next: expire looks
}

// leaving says how far a connection is on its way to its end (RFC 9114, 5.2).
type leaving uint8

const (
	staying leaving = iota
	warned          // a GOAWAY asks for no more streams; those on their way are served
	leftOff         // a GOAWAY has said which stream was the last one
)

// New returns a connection of the frontend, which is served by serve or ended by
// refuse. id is the connection id that its client chose; shaken is called when the
// handshake is complete.
func New(f *exchange.Frontend, c *quic.Conn, id []byte, window *Window, shaken func()) *Conn {
	h := &Conn{quic: c, window: window, shaken: shaken, idleSince: socket.Now()}
	h.Origin.Open(f, h, socket.AddrPort(c.RemoteAddr()))
	h.Remote = c
	h.Key.QUICID = id
	return h
}

// Refuse ends a connection that there is no room for.
func (h *Conn) Refuse() { h.end(http3.ExcessiveLoad, "too many connections") }

// Serve takes requests until the connection ends.
func (h *Conn) Serve() {
	defer h.Frontend.Members.Remove(&h.Origin)
	defer h.working.Wait()
	defer h.Guard()
	defer h.end(http3.InternalError, "") // a panic ends it; else it has ended
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
		h.Retire() // Close may have been before the connection was in the set
	}
	for {
		str, err := h.quic.AcceptStream(context.Background()) // ends with the connection
		if err != nil {
			return
		}
		h.request(str)
	}
}

// greet opens our control stream. A client that does not let us is none of
// HTTP/3 (RFC 9114, 6.2).
func (h *Conn) greet() error {
	var err error
	if h.control, err = h.quic.OpenUniStream(); err != nil {
		h.end(http3.StreamCreationError, "no control stream allowed")
		return err
	}
	_, err = h.control.Write(http3.AppendGreeting(nil))
	return err
}

// request begins an exchange for a stream, unless the client has been told that
// there will be none.
func (h *Conn) request(str *quic.Stream) {
	h.mu.Lock()
	refused := h.leaving == leftOff
	if !refused && h.Budget.Overfull() {
		h.Frontend.RefuseMemory()
		refused = true
	}
	if !refused {
		h.next = str.StreamID() + 4 // the client's, of both directions (RFC 9000, 2.1)
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
	go h.exchange(str) // ends with the exchange; serve waits for it
}

// exchange runs the exchange of a stream.
func (h *Conn) exchange(str *quic.Stream) {
	defer h.working.Done()
	defer h.Guard()
	s := takeStream(h, str)
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

// patience is for how long a connection without exchanges stays after its last
// GOAWAY. A client closes it when it has read what it got. To close it sooner may
// cost the client an answer, as most drop what they have received and not read;
// and nothing tells us how far they are. Called with mu locked.
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

// expire takes the next step to the end of the connection: if it is idle for long
// enough, or because it has been told to.
func (h *Conn) expire() {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch left := h.idleSince.Add(h.Frontend.Config.Load().IdlePatience()).Sub(socket.Now()); {
	case h.leaving == warned:
		h.leaveOff()
	case h.open > 0: // a request came at this moment
	case h.leaving == leftOff:
		go h.end(http3.NoError, "") // ends at once; serve, too
	case left > 0: // the time has been changed
		h.timer.Reset(left)
	default:
		h.warn()
	}
}

// Retire asks the client to open no more streams. The connection ends with its
// last exchange. It may be called from any goroutine and does not block.
func (h *Conn) Retire() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.leaving == staying && h.timer != nil { // else serve is about to retire it
		h.warn()
	}
}

// warn asks for no more requests, but serves those that are on their way (RFC
// 9114, 5.2). Called with mu locked. Nothing that is written here waits: it is
// short enough to be buffered.
func (h *Conn) warn() {
	h.leaving = warned
	_, _ = h.control.Write(http3.AppendGoAway(nil, http3.LastStream)) // in vain if the connection has ended
	h.timer.Reset(Farewell)
}

// leaveOff says which requests are served. A later one is refused in a way that
// lets the client send it again elsewhere. Called with mu locked.
func (h *Conn) leaveOff() {
	h.leaving = leftOff
	_, _ = h.control.Write(http3.AppendGoAway(nil, uint64(h.next)))
	if h.open == 0 {
		h.timer.Reset(h.patience())
	}
}

// GiveWay implements member.
func (h *Conn) GiveWay() {
	h.CutFor.CompareAndSwap(nil, exchange.MemoryShort)
	go h.end(http3.ExcessiveLoad, "memory is short") // ends at once
}

// Cut implements member.
func (h *Conn) Cut() {
	go h.end(http3.InternalError, "") // ends at once; the connection does too, and serve with it
}

// end closes the connection.
func (h *Conn) end(code http3.Code, reason string) {
	_ = h.quic.CloseWithError(quic.ApplicationErrorCode(code), reason) // has no error
}

// refuseConn ends the connection for what the client did, if err says so.
func (h *Conn) refuseConn(err error) {
	var refused *http3.Error
	if errors.As(err, &refused) && !refused.OfStream {
		h.Log.Debug("connection refused", "client", h.Addr(), "listener", h.Frontend.Addr, "err", refused)
		h.end(refused.Code, refused.Reason)
	}
}
