package upstream

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"elbow/internal/http2"
	"elbow/internal/socket"
)

// An h2Conn is an HTTP/2 connection to a backend, by prior knowledge (RFC 9113,
// 3.3). Many streams share it. One goroutine reads frames, one writes the frames
// that all of them have queued.
//
// The memory that a backend can make us hold is bounded: bodies by the windows
// granted, heads by their limit, frames that need an answer by meters; and we
// limit the number of streams.
type h2Conn struct {
	socket.Conn
	pool  *Pool
	ready chan struct{} // closed when the backend's SETTINGS have arrived, or never will

	in h2Input // owned by the reader

	slots h2Slots

	mu      sync.Mutex // guards the fields below, and those of Stream that say so
	started bool       // the socket is open, reader and writer run
	err     error      // why the connection has ended; nil: it is open
	goAway  bool       // the backend accepts no more streams
	streams h2Streams
	heard   socket.Instant // when something was read last

	window   http2.Window // the backend's window for all streams
	initial  int64        // its window for a new stream
	credit   http2.Credit // our window for all streams
	out      h2Output
	dribbles http2.Meters // like those of in, for events that hit requests
}

var (
	// ErrUnprocessed ends a stream that the backend has not processed at all, so
	// that the request may be sent again (RFC 9113, 8.7).
	ErrUnprocessed = errors.New("backend has not processed the request")

	errNotH2    = errors.New("backend does not speak HTTP/2")
	errNoRoom   = errors.New("backend permits no streams")
	errCut      = errors.New("backend was removed") // by Pool.Cut
	errFull     = errors.New("connection accepts no more streams")
	errIdle     = &http2.Error{Code: http2.NoError, Reason: "idle for too long"}
	errReleased = &http2.Error{Code: http2.NoError, Reason: "nothing left to do"}
)

// A ResetError is the error of a stream that the backend has reset.
type ResetError struct{ Code http2.Code }

func (e *ResetError) Error() string { return fmt.Sprintf("backend reset the stream: code %d", e.Code) }

func newH2Conn(p *Pool, room int) *h2Conn {
	return &h2Conn{
		pool:    p,
		ready:   make(chan struct{}),
		slots:   h2Slots{of: &p.h2, room: room, listed: true},
		streams: h2Streams{byID: make(map[uint32]*Stream), next: 1},
		window:  http2.NewWindow,
		initial: int64(http2.NewWindow),
		credit:  http2.Credit{Size: http2.BackendConnWindow},
		out:     h2Output{wake: make(chan struct{}, 1)},
	}
}

// dial connects and starts reader and writer. It closes c.ready unless the reader
// will.
func (c *h2Conn) dial() {
	tcp, err := c.pool.dial(time.Time{})
	if err == nil {
		if err = c.start(tcp); err == nil {
			c.pool.dials.Add(1)
			return
		}
		_ = tcp.Close() // it was cut meanwhile, or closed by the system
	}
	c.pool.failures.Add(1)
	c.fail(err)
	close(c.ready)
}

func (c *h2Conn) start(tcp *net.TCPConn) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	if err := c.Init(tcp, nil); err != nil {
		return err
	}
	c.StallAfter(stallTimeout)
	c.in.readOnce = c.in.tryRead
	c.started = true
	c.out.queue = http2.AppendClientGreeting(c.out.queue)
	c.out.wakeWriter()
	go c.read()  // ends with the connection, and ends it; nobody waits
	go c.flush() // ends with the connection, and ends it; nobody waits
	return nil
}

// fail ends the connection and its streams with err. It may be called from any
// goroutine; the first call counts.
//
// The connection is removed from the pool before that: exchanges retry as soon as
// they get the error, and must not find it there.
func (c *h2Conn) fail(err error) {
	c.pool.h2.remove(c)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.endAll(err)
	if c.started {
		_ = c.Conn.Close() // ends reader and writer
	}
}

// shut ends the connection on our side, and sends the backend the reason.
func (c *h2Conn) shut(why *http2.Error) {
	c.pool.h2.remove(c) // first, as in fail
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.started && c.err == nil {
		c.out.queue = http2.AppendGoAway(c.out.queue, 0, why.Code)
		time.AfterFunc(farewell, func() { _ = c.Conn.Close() }) // in case the writer cannot
	}
	c.endAll(why) // the writer closes the socket when it has written the GOAWAY
}

// endAll ends all streams with err. Called with mu locked.
func (c *h2Conn) endAll(err error) {
	if c.err != nil {
		return
	}
	c.err = err
	for _, s := range c.streams.byID {
		s.end(err)
	}
	c.streams.wakeSenders()
	c.out.wakeWriter()
}

// reset ends a stream with a RST_STREAM, and for its owner with err. Called with
// mu locked.
func (c *h2Conn) reset(s *Stream, code http2.Code, err error) {
	if c.streams.has(s) && c.err == nil {
		c.out.queue = http2.AppendReset(c.out.queue, s.id, code)
		c.out.wakeWriter()
	}
	s.end(err)
}
