package upstream

import (
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"elbow/internal/socket"
)

// Options of a Pool. The zero value is right for most.
type Options struct {
	DialTimeout time.Duration // from SYN to established; 0: 5s
	MaxIdle     int           // idle connections kept; 0: 1024, negative: none
	MaxIdleAge  time.Duration // an idle one is closed after 3/4 to all of it; 0: 30s

	// Control may refuse the socket of a connection, as that of net.Dialer; nil:
	// nothing does.
	Control func(network, address string, c syscall.RawConn) error
}

// A Pool keeps the connections to one backend: those of HTTP/1.1 that are idle,
// and all of HTTP/2.
//
// The most recently used one is reused first, so that in a quiet period the
// others age out and the pool shrinks to what the load needs.
type Pool struct {
	address string
	dialFor time.Duration
	control func(network, address string, c syscall.RawConn) error
	maxIdle int
	sweepIn time.Duration // between two sweeps, a quarter of the greatest age

	dials    atomic.Uint64
	failures atomic.Uint64
	reuses   atomic.Uint64
	stale    atomic.Uint64
	looks    atomic.Uint32 // at idle connections, since one was not clean

	mu       sync.Mutex
	idle     []*Conn     // guarded by mu; oldest first
	inUse    *Conn       // guarded by mu; the first of those that are out
	closed   bool        // guarded by mu
	sweeping bool        // guarded by mu; sweeper will fire
	sweeper  *time.Timer // guarded by mu; made by the first Put
	sweeps   uint32      // guarded by mu; counts up and tells the age of idle connections

	h2 h2Conns // those that speak HTTP/2
}

// NewPool returns an empty pool for the backend at address, IP:port. It dials
// nothing by itself.
func NewPool(address string, o Options) *Pool {
	p := &Pool{address: address, dialFor: o.DialTimeout, control: o.Control, maxIdle: o.MaxIdle, sweepIn: o.MaxIdleAge / 4}
	if p.dialFor == 0 {
		p.dialFor = dialTimeout
	}
	if p.maxIdle == 0 {
		p.maxIdle = maxIdle
	}
	if p.sweepIn == 0 {
		p.sweepIn = maxIdleAge / 4
	}
	return p
}

// Get returns the newest idle connection that is still clean, else dials one,
// by the deadline at the latest; the zero Time sets none but the pool's own.
func (p *Pool) Get(deadline time.Time) (*Conn, error) {
	for c := p.pop(); c != nil; c = p.pop() {
		c.Trusted, c.Unseen = false, false
		if c.clean() {
			c.FoundClean()
			return c, nil
		}
		c.FoundEnded()
	}
	return p.GetFresh(deadline)
}

// GetRetryable is Get, at the time now, for a request that may be sent again, with
// socket's Ask. It leaves the look to that: a second one took 0.5 % of a small
// request. It takes a connection on trust whose backend was heard within the last
// millisecond, which saves the look, too, 4 % of a small request. For about
// that long nginx and HAProxy, too, do not know what a backend has done since:
// they hear of it in their next round of events.
//
// Trust is earned: by trustAfter looks in a row that found nothing. A backend that
// ends its side of a connection after an answer, and goes on reading, would have
// each request wait until its owner looks.
func (p *Pool) GetRetryable(deadline time.Time, now socket.Instant) (*Conn, error) {
	c := p.pop()
	if c == nil {
		return p.GetFresh(deadline)
	}
	c.Trusted = p.looks.Load() >= trustAfter && c.Heard != 0 && now.Sub(c.Heard) < trustFor
	c.Unseen = !c.Trusted
	if c.Trusted {
		p.reuses.Add(1)
	}
	return c, nil
}

// Distrust is called when a connection turned out to be closed that was taken for
// a good one.
func (p *Pool) Distrust() { p.looks.Store(0) }

// pop takes the newest idle connection, nil if there is none.
func (p *Pool) pop() *Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle) - 1
	if n < 0 {
		return nil
	}
	c := p.idle[n]
	p.idle[n] = nil
	p.idle = p.idle[:n]
	p.lend(c)
	return c
}

// Put gives back a connection on which the last exchange is complete on both
// sides and nothing else has been read or written. It is closed instead of kept
// if the pool is full or closed.
func (p *Pool) Put(c *Conn) {
	c.Reused = true
	if !p.push(c) {
		_ = c.Close() // nobody is left to be told
	}
}

// push puts c on the stack, if there is room.
func (p *Pool) push(c *Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.idle) >= p.maxIdle {
		return false
	}
	p.unlend(c)
	c.sweep = p.sweeps
	p.idle = append(p.idle, c)
	if !p.sweeping {
		p.startSweeper()
	}
	return true
}

// Close closes the idle connections. Those that are out stay usable and are
// closed when they are put back, or by Cut.
func (p *Pool) Close() {
	p.mu.Lock()
	p.closed = true
	idle := p.idle
	p.idle = nil
	if p.sweeper != nil {
		p.sweeper.Stop()
	}
	p.mu.Unlock()
	closeAll(idle)
	p.h2.close()
}

// Idle returns how many connections wait for a request.
func (p *Pool) Idle() int {
	p.mu.Lock()
	n := len(p.idle)
	p.mu.Unlock()
	return n + p.h2.waiting()
}
