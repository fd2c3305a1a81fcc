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

// An h2Conn is a connection to a backend that is spoken to in HTTP/2, by prior
// knowledge (RFC 9113, 3.3). Many streams share it. One goroutine reads frames,
// one writes what all of them have queued.
//
// What a backend makes us hold is bounded: bodies by the windows it gets, heads
// by their limit, frames that want an answer by meters; and the number of streams
// is ours to say.
type h2Conn struct {
	socket.Conn
	pool  *Pool
	ready chan struct{} // closed when the backend's SETTINGS have come, or will not

	h2Input // owned by the reader

	// Guarded by pool.h2.mu.
	open      int            // streams promised to exchanges and not released
	room      int            // how many there may be
	leaving   bool           // no more streams
	listed    bool           // in pool.h2.all
	idleSince socket.Instant // when open became 0

	mu      sync.Mutex // guards what follows, and what Stream says
	started bool       // the socket is there, reader and writer run
	err     error      // why the connection has ended; nil: it has not
	goAway  bool       // the backend takes no more streams
	streams map[uint32]*Stream
	opening []*Stream      // those that wait for room in queue before they are opened
	woken   []*Stream      // for which something has come since the last read
	next    uint32         // stream to be opened
	heard   socket.Instant // when something was read last

	window   http2.Window  // what the backend takes on all streams
	initial  int64         // what it takes on a new one
	credit   http2.Credit  // what it may send on all streams
	wake     chan struct{} // the writer has something to do; capacity 1
	queue    []byte        // frames to be written
	spare    []byte        // what will be the next queue
	greeted  bool          // the first header block has been queued
	told     bool          // something of a request has been queued since the last PING
	dribbles http2.Meters  // like meters, for what requests meet
}

var (
	// ErrUnprocessed ends a stream of which the backend has not looked at
	// anything, so that the request may be sent again (RFC 9113, 8.7).
	ErrUnprocessed = errors.New("backend has not looked at the request")

	errNotH2    = errors.New("backend does not speak HTTP/2")
	errNoRoom   = errors.New("backend takes no streams")
	errFull     = errors.New("connection takes no more streams")
	errCut      = errors.New("backend was taken away")
	errIdle     = &http2.Error{Code: http2.NoError, Reason: "idle for too long"}
	errReleased = &http2.Error{Code: http2.NoError, Reason: "nothing left to do"}
)

// A ResetError is how a stream ends that the backend has reset.
type ResetError struct{ Code http2.Code }

func (e *ResetError) Error() string { return fmt.Sprintf("backend reset the stream: code %d", e.Code) }

func newH2Conn(p *Pool, room int) *h2Conn {
	return &h2Conn{
		pool:    p,
		ready:   make(chan struct{}),
		room:    room,
		listed:  true,
		streams: make(map[uint32]*Stream),
		next:    1,
		window:  http2.NewWindow,
		initial: int64(http2.NewWindow),
		credit:  http2.Credit{Size: http2.BackendConnWindow},
		wake:    make(chan struct{}, 1),
	}
}

// dial connects and starts what serves the connection. It closes c.ready unless
// the reader will.
func (c *h2Conn) dial() {
	tcp, err := c.pool.dial(time.Time{})
	if err == nil {
		if err = c.start(tcp); err == nil {
			c.pool.dials.Add(1)
			return
		}
		_ = tcp.Close() // it has been cut meanwhile, or was closed by the system
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
	c.readOnce = c.tryRead
	c.started = true
	c.queue = http2.AppendClientGreeting(c.queue)
	c.rouse()
	go c.read()  // ends with the connection, and ends it; nobody waits
	go c.flush() // likewise
	return nil
}

// fail ends the connection, with whatever is under way on it, because of err. It
// may be called from any goroutine; the first call counts.
//
// It is taken out of the pool before that: whoever learns of the end tries again at
// once, and must not find the connection there.
func (c *h2Conn) fail(err error) {
	c.pool.h2.remove(c)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.endAll(err)
	if c.started {
		_ = c.Conn.Close() // ends reader and writer
	}
}

// shut ends the connection by our own will, and tells the backend why.
func (c *h2Conn) shut(why *http2.Error) {
	c.pool.h2.remove(c) // first, as in fail
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.started && c.err == nil {
		c.queue = http2.AppendGoAway(c.queue, 0, why.Code)
		time.AfterFunc(farewell, c.hangUp) // if the writer cannot
	}
	c.endAll(why) // the writer closes the socket when it has written the GOAWAY
}

func (c *h2Conn) hangUp() { _ = c.Conn.Close() } // the second time, as a rule

// endAll ends all streams with err. Called with mu locked.
func (c *h2Conn) endAll(err error) {
	if c.err != nil {
		return
	}
	c.err = err
	for _, s := range c.streams {
		s.end(err)
	}
	c.wakeSenders()
	c.rouse()
}

// drop takes a stream off the books. Called with mu locked.
func (c *h2Conn) drop(s *Stream) {
	if c.streams[s.id] == s {
		delete(c.streams, s.id)
	}
}

// reset ends a stream with a RST_STREAM, and for its owner with err. Called with
// mu locked.
func (c *h2Conn) reset(s *Stream, code http2.Code, err error) {
	if c.streams[s.id] == s && c.err == nil {
		c.queue = http2.AppendReset(c.queue, s.id, code)
		c.rouse()
	}
	s.end(err)
}
