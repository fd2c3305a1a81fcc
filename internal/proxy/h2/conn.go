// Package h2 serves connections of clients that speak HTTP/2. Frames, header compression
// and the rules for messages are in package http2. Start reading at Conn, then read.go for
// what arrives, stream.go for the client's side of an exchange, and write.go for what is
// sent; state.go has the states of a stream.
package h2

import (
	"io"
	"sync"
	"time"

	"elbow/internal/buffer"
	"elbow/internal/exchange"
	"elbow/internal/http2"
	"elbow/internal/proxy/tcp"
	"elbow/internal/socket"
)

// A Conn is a client connection that speaks HTTP/2. One goroutine, the
// connection's own, reads frames; each exchange under way has one, which is used
// again for the next stream; one writes what all of them have queued.
//
// What the client makes us hold is bounded: bodies of requests by the windows it
// gets (http2.ConnWindow), answers by the buffer of each exchange and the room of
// the queue, heads by their limits and the number of streams.
type Conn struct {
	*tcp.Conn
	running sync.WaitGroup // writer and workers
	wake    chan struct{}  // the writer has something to do; capacity 1

	input // owned by the reader

	mu sync.Mutex // guards what follows, and the parts of stream that say so

	streams   map[uint32]*stream // until their exchange has ended
	open      int                // streams that the client knows to be open
	idleSince socket.Instant     // when the last of them ended
	workers   []*worker          // those that wait for a stream, last used last

	window  http2.Window // what the client takes on all streams
	initial int64        // what it takes on a new one
	credit  http2.Credit // what it may send on all streams
	waiting []*stream    // for room in the queue or in window, oldest first

	queue   *buffer.Records // frames to be written; nil: none
	writing bool            // the writer runs
	settled bool            // the writer is to end once nothing is queued
	greeted bool            // the first header block has been queued
	told    bool            // something of an answer has been queued since the last PING
	ending  bool            // no more streams, and no more frames once the queue is written

	written    int64 // bytes that the kernel has got
	handed     int   // bytes that it is being given
	taken      taken
	farewellAt socket.Instant // when the client was asked whether it has read everything; 0: it was not
	emptied    socket.Waiter  // who waits for the last stream to end
	halved     bool           // the client has ended its side
	discarding int            // streams without an exchange, whose client has not ended them

	leaving  leaving
	warnedAt socket.Instant // when leaving changed from staying, then when it became warned
	refusal  *http2.Error   // why a stream wants the connection to end; nil: none does
	dribbles http2.Meters   // like meters, for what the answers meet
	last     uint32         // highest stream that the client has begun
	dropped  [16]uint32     // streams that we reset lately; what still comes on them is no error
	drops    int
}

// leaving says how far a connection is on its way to its end (RFC 9113, 6.8).
type leaving uint8

const (
	staying leaving = iota
	asked           // a GOAWAY is due once no stream is open
	warned          // a GOAWAY asks for no more streams; those on their way are served
	leftOff         // a GOAWAY has said which stream was the last one
)

func newConn(c *tcp.Conn) *Conn {
	return &Conn{
		Conn:    c,
		wake:    make(chan struct{}, 1),
		input:   input{decoder: http2.NewDecoder()},
		streams: make(map[uint32]*stream),
		window:  http2.NewWindow,
		initial: int64(http2.NewWindow),
		credit:  http2.Credit{Size: http2.ConnWindow},
		emptied: socket.NewWaiter(),
	}
}

// Serve serves the connection until it ends or is parked.
func Serve(c *tcp.Conn) {
	h := newConn(c)
	c.Frontend.Members.Become(&c.Origin, h)
	c.State.Store(exchange.Idle)
	h.mu.Lock()
	h.idleSince = socket.Now()
	h.write(http2.AppendGreeting)
	h.mu.Unlock()
	if c.Frontend.Draining.Load() { // Close may have been before
		h.drain()
	}
	h.run()
}

// run goes on with the connection until it ends or is parked.
func (h *Conn) run() {
	mine := true
	defer func() {
		if mine {
			h.running.Wait()
			h.Conn.Close()
		}
	}()
	defer h.Guard()
	err := h.read()
	if mine = err != errParked; !mine {
		return
	}
	if err == io.EOF && !h.AbortOnClose {
		err = h.serveOut()
	}
	h.end(err)
	closer := time.AfterFunc(h.Limits.LingerTimeout, func() { _ = h.Wire.Close() }) // if the client does not read
	defer closer.Stop()
	h.running.Wait()
}

// Awake goes on with a connection that was parked. What has woken it, the next
// read will meet too.
func (h *Conn) Awake(error) { h.run() }

// end ends all streams, tells the client why, and lets the writer finish. err is
// how reading ended: an *http2.Error is the client's to know.
func (h *Conn) end(err error) {
	refused, ok := err.(*http2.Error)
	if !ok {
		h.mu.Lock()
		h.behind(socket.Now()) // what it has taken before
		h.mu.Unlock()
		h.lose()
		_ = h.Wire.Close()
		return
	}
	h.mu.Lock()
	h.write(func(dst []byte) []byte { return http2.AppendGoAway(dst, h.last, refused.Code) })
	h.mu.Unlock()
	h.cancelAll()
	h.Answered = socket.Now()
	h.Conn.State.Store(exchange.Active) // so that close lingers
	if refused.Code != http2.NoError {
		h.Log.Debug("connection ended by its client's fault",
			"client", h.Conn.Client, "listener", h.Frontend.Addr, "err", refused)
	}
}

// A Snapshot is how far a connection is, for tests.
type Snapshot struct {
	Settled      bool  // neither writer nor workers are left
	Full         bool  // answers have to wait for room in the queue
	Window       int64 // what the client takes on all streams
	UploadsEnded int   // streams whose upload has ended
}

// Snapshot is for tests.
func (h *Conn) Snapshot() (s Snapshot) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, of := range h.streams {
		if of.x != nil && of.x.Upload.Ended.Load() != 0 {
			s.UploadsEnded++
		}
	}
	s.Settled, s.Full, s.Window = !h.writing && len(h.workers) == 0, h.full(), int64(h.window)
	return s
}

// Retire implements member: no request that is on its way is lost.
func (h *Conn) Retire() { h.drain() }

// GiveWay implements member.
func (h *Conn) GiveWay() { h.CutOff(exchange.MemoryShort) }

// Cut implements member.
func (h *Conn) Cut() {
	h.Conn.Cut()
	h.cancelAll()
}

// Expel implements expeller: it ends a stream, if it is still there.
func (h *Conn) Expel(id uint32) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.streams[id]; s != nil && !s.cancelled.Load() {
		h.reset(id, http2.EnhanceYourCalm)
	}
}

// cancelAll ends all streams; what is queued is still written. It may be called
// from any goroutine.
func (h *Conn) cancelAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ending = true
	for _, s := range h.streams {
		h.cancel(s, resetHere)
	}
	h.dismiss()
	h.rouse()
}

// lose ends all streams of a client that has left. Tunnels go on with carryRest.
func (h *Conn) lose() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ending = true
	for _, s := range h.streams {
		h.leaveStream(s)
	}
	h.dismiss()
	h.rouse()
}

// leaveStream ends a stream whose client has left. Called with mu locked.
func (h *Conn) leaveStream(s *stream) {
	up := s.up.Load()
	if !s.state.tunnels() || up == nil {
		h.cancel(s, resetHere)
		return
	}
	h.cutStream(s, resetHere)
	up.Interrupt() // has the tunnel go on with carryRest
	s.in.Signal()
	s.out.Signal()
}

// begin counts a stream that the client has opened. Called with mu locked.
func (h *Conn) begin(s *stream) {
	h.streams[s.id] = s
	s.window = http2.Window(h.initial)
	s.credit = http2.Credit{Size: http2.StreamWindow}
	if h.open++; h.open == 1 {
		h.Conn.State.Store(exchange.Active)
	}
}

// received moves a stream by what the client has sent, sends by what we have. Called
// with mu locked, as the other ones that follow.
func (h *Conn) received(s *stream, e event) {
	was := s.state.closed()
	s.state.receive(e)
	h.moved(s, was)
}

func (h *Conn) sends(s *stream, e event) {
	was := s.state.closed()
	s.state.send(e)
	h.moved(s, was)
}

// cutStream notes that a stream is reset.
func (h *Conn) cutStream(s *stream, by reset) {
	was := s.state.closed()
	s.state.cut(by)
	s.cancelled.Store(true)
	h.moved(s, was)
}

// moved counts a stream that is closed, if it was not before.
func (h *Conn) moved(s *stream, was bool) {
	if was || !s.state.closed() {
		return
	}
	if h.open--; h.open == 0 {
		h.idleSince = socket.Now()
		h.Conn.State.Store(exchange.Idle)
		if h.leaving == asked && !h.ending {
			h.warn()
		}
	}
}

// cancel ends a stream that the client has given up, or we have: its exchange
// finds out at its next step, and its backend connection is closed. Called with
// mu locked.
func (h *Conn) cancel(s *stream, by reset) {
	h.cutStream(s, by)
	if up := s.up.Swap(nil); up != nil {
		up.Close() // the exchange sees the error
	}
	if s.x == nil {
		delete(h.streams, s.id)
	}
	s.in.Signal()
	s.out.Signal()
}

// reset ends stream id with a RST_STREAM. Called with mu locked.
func (h *Conn) reset(id uint32, code http2.Code) {
	h.write(func(dst []byte) []byte { return http2.AppendReset(dst, id, code) })
	h.dropped[h.drops%len(h.dropped)] = id
	h.drops++
	if s := h.streams[id]; s != nil {
		h.cancel(s, resetHere)
	}
}

// wasDropped reports whether we have reset the stream, so that the client may
// not have known when it sent what came. Called with mu locked.
func (h *Conn) wasDropped(id uint32) bool {
	for _, d := range h.dropped {
		if d == id {
			return true
		}
	}
	return false
}
