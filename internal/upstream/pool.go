package upstream

import (
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"elbow/internal/socket"
)

// Options of a Pool. The zero value suits most callers.
type Options struct {
	DialTimeout time.Duration // from SYN to established; 0: 5s
	MaxIdle     int           // idle connections kept; 0: 1024, negative: none
	MaxIdleAge  time.Duration // an idle connection is closed after 3/4 to all of it; 0: 30s

	// Control may refuse the socket of a connection, as that of net.Dialer; nil:
	// none is refused.
	Control func(network, address string, c syscall.RawConn) error
}

// A Pool holds the connections to one backend: those of HTTP/1.1 that are idle,
// and all of HTTP/2.
//
// The most recently used one is reused first, so that in a quiet period the
// others age out and the pool shrinks to what the load needs.
type Pool struct {
	address string
	dialFor time.Duration
	control func(network, address string, c syscall.RawConn) error
	maxIdle int
	sweepIn time.Duration // time between two sweeps, a quarter of the maximum age

	dials    atomic.Uint64
	failures atomic.Uint64
	reuses   atomic.Uint64
	stale    atomic.Uint64
	looks    atomic.Uint32 // checks of idle connections since one was not clean

	mu       sync.Mutex
	idle     []*Conn     // guarded by mu; oldest first
	inUse    *Conn       // guarded by mu; the first of the connections in use
	cut      bool        // guarded by mu; Cut was called
	closed   bool        // guarded by mu
	sweeping bool        // guarded by mu; sweeper will fire
	sweeper  *time.Timer // guarded by mu; made by the first Put
	sweeps   uint32      // guarded by mu; counter that gives the age of idle connections

	h2 h2Conns // HTTP/2 connections
}

// NewPool returns an empty pool for the backend at address, IP:port. It does not
// dial.
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

// Get returns the newest idle connection that is still clean, else dials one, by
// the deadline at the latest; the zero Time sets none but the pool's own.
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

// GetRetryable is Get, at the time now, for a request that may be sent again,
// with socket's Ask. It leaves the check of the connection to Ask: a second one
// took 0.5 % of a small request. It trusts a connection whose backend was heard
// within the last millisecond, which saves the check entirely, 4 % of a small
// request. For about that long nginx and HAProxy do not know either what a
// backend has done since: they learn it in their next event loop iteration.
//
// A backend is trusted after trustAfter checks in a row that found nothing. With
// a backend that half-closes connections after an answer, and continues to read,
// each request would wait until its owner checks.
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

// Distrust is called when a trusted connection turned out to be closed.
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

// Put returns a connection on which the last exchange is complete on both sides
// and nothing else has been read or written. If the pool is full or closed, it
// closes the connection.
func (p *Pool) Put(c *Conn) {
	c.Reused = true
	if !p.push(c) {
		_ = c.Close() // its errors do not matter
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

// Close closes the idle connections. Those in use stay usable and are closed when
// they are put back, or by Cut.
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

// Idle returns the number of idle connections.
func (p *Pool) Idle() int {
	p.mu.Lock()
	n := len(p.idle)
	p.mu.Unlock()
	return n + p.h2.waiting()
}
