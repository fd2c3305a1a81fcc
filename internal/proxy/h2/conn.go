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

// A Conn is a client connection that speaks HTTP/2. It has one goroutine that reads
// frames, one per exchange in flight, reused for later streams, and one that writes
// what all of them have queued.
//
// The memory that a client can make it hold is bounded: request bodies by the
// flow-control windows (http2.ConnWindow), answers by the buffer of each exchange and
// the capacity of the queue, heads by their limits and the number of streams.
type Conn struct {
	*tcp.Conn
	running sync.WaitGroup // writer and workers
	wake    chan struct{}  // the writer has something to do; capacity 1

	input // owned by the reader

	mu sync.Mutex // guards what follows, and the parts of stream that say so

	streams   map[uint32]*stream // until their exchange has ended
	open      int                // streams that are open for the client
	idleSince socket.Instant     // when the last open stream ended
	workers   []*worker          // idle workers, most recently used last

	window  http2.Window // send window of the connection
	initial int64        // initial send window of a stream
	credit  http2.Credit // receive window of the connection
	waiting []*stream    // for room in the queue or in window, oldest first

	queue   *buffer.Records // frames to be written; nil: none
	writing bool            // the writer goroutine is running
	settled bool            // the writer ends once the queue is empty
	greeted bool            // the first header block has been queued
	told    bool            // a part of an answer has been queued since the last PING
	ending  bool            // no more streams, and no more frames once the queue is written

	written    int64 // bytes that the kernel has accepted
	handed     int   // bytes in the current write
	taken      taken
	farewellAt socket.Instant // when the farewell PING was sent; 0: it was not
	emptied    socket.Waiter  // signaled when the last stream ends
	halved     bool           // the client has ended its side
	discarding int            // streams whose exchange has ended before the client's END_STREAM

	leaving  leaving
	warnedAt socket.Instant // when leaving changed from staying, later when it became warned
	refusal  *http2.Error   // error found by a stream that ends the connection; nil: none
	dribbles http2.Meters   // meters of what the exchanges find
	last     uint32         // highest stream that the client has begun
	dropped  [16]uint32     // recently reset streams, on which late frames are no error
	drops    int
}

// leaving is the state of a graceful shutdown (RFC 9113, 6.8).
type leaving uint8

const (
	staying leaving = iota
	asked           // a GOAWAY is due once no stream is open
	warned          // a GOAWAY has asked for no more streams; those in transit are served
	leftOff         // a GOAWAY has named the last stream
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
	if c.Frontend.Draining.Load() { // Close may have run before this connection was in the set
		h.drain()
	}
	h.run()
}

// run serves the connection until it ends or is parked.
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
	closer := time.AfterFunc(h.Limits.LingerTimeout, func() { _ = h.Wire.Close() }) // client not reading
	defer closer.Stop()
	h.running.Wait()
}

// Awake continues a connection that was parked. An error is ignored because the next
// read returns it too.
func (h *Conn) Awake(error) { h.run() }

// end ends all streams, sends the client the reason, and waits for the writer. err is
// the result of reading; an *http2.Error is sent in a GOAWAY.
func (h *Conn) end(err error) {
	refused, ok := err.(*http2.Error)
	if !ok {
		h.mu.Lock()
		h.behind(socket.Now()) // records what the client has acknowledged so far
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
	h.Conn.State.Store(exchange.Active) // so that Close lingers
	if refused.Code != http2.NoError {
		h.Log.Debug("connection ended by its client's fault",
			"client", h.Conn.Client, "listener", h.Frontend.Addr, "err", refused)
	}
}

// A Snapshot is the state of a connection, for tests.
type Snapshot struct {
	Settled      bool  // neither writer nor workers are running
	Full         bool  // answers wait for room in the queue
	Window       int64 // send window of the connection
	UploadsEnded int   // streams whose upload has ended
}

// Snapshot returns the current state. It exists for tests.
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

// Retire implements exchange.Member. No request in transit is lost.
func (h *Conn) Retire() { h.drain() }

// GiveWay implements exchange.Member.
func (h *Conn) GiveWay() { h.CutOff(exchange.MemoryShort) }

// Cut implements exchange.Member.
func (h *Conn) Cut() {
	h.Conn.Cut()
	h.cancelAll()
}
