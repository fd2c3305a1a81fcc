// Package h2 serves connections of clients that speak HTTP/2. Frames, header compression
// and the rules for messages are in package http2. Start reading at Conn, then read.go for
// what arrives, mux.go for what the streams share, request.go for the client's side of an
// exchange, and write.go for what is sent; state.go has the states of a stream.
package h2

import (
	"io"
	"time"

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
//
// A Conn adds reading, and the handling of each type of frame, to its mux.
type Conn struct {
	mux
	input input // owned by the reader
}

func newConn(c *tcp.Conn) *Conn {
	return &Conn{
		input: input{from: &c.Origin, decoder: http2.NewDecoder()},
		mux: mux{
			Conn:    c,
			wake:    make(chan struct{}, 1),
			streams: table{byID: make(map[uint32]*stream)},
			credit:  http2.Credit{Size: http2.ConnWindow},
			out:     output{wire: &c.Wire, window: http2.NewWindow, initial: int64(http2.NewWindow)},
			emptied: socket.NewWaiter(),
		},
	}
}

// Serve serves the connection until it ends or is parked.
func Serve(c *tcp.Conn) {
	h := newConn(c)
	c.Frontend.Members.Become(&c.Origin, h)
	c.State.Store(exchange.Idle)
	h.mu.Lock()
	h.streams.idleSince = socket.Now()
	h.write(http2.AppendGreeting)
	h.mu.Unlock()
	if c.Frontend.Draining.Load() { // Close may have run before this connection was in the set
		h.Retire()
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
		h.out.behind(socket.Now()) // records what the client has acknowledged so far
		h.mu.Unlock()
		h.lose()
		_ = h.Wire.Close()
		return
	}
	h.mu.Lock()
	h.write(func(dst []byte) []byte { return http2.AppendGoAway(dst, h.streams.last, refused.Code) })
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
	for _, of := range h.streams.byID {
		if of.x != nil && of.x.Upload.Ended.Load() != 0 {
			s.UploadsEnded++
		}
	}
	s.Settled, s.Full, s.Window = !h.out.writing && len(h.workers.idle) == 0, h.out.full(), int64(h.out.window)
	return s
}
