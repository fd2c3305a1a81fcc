// Package connlimit bounds what the clients of an HTTP server use of a process:
// open connections, and memory for incomplete requests. At a bound it closes a
// connection of the client that holds most, so that a new client is served
// whatever unauthenticated clients hold. It knows nothing of requests; the server
// reports which connections wait for their next one, and which belong to
// authenticated clients. Start reading at Listener.
package connlimit

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Limits bound the connections of a listener together.
type Limits struct {
	// Conns is the maximum number of open connections, at least 1.
	Conns int

	// Pending bounds the bytes read of requests that are not answered yet, at
	// least 1. Trusted clients do not count.
	Pending int64

	// Break is called before work for an untrusted client: before Accept returns a
	// connection, and before a read after each breakBytes received. May be nil.
	Break func()
}

// breakBytes take about as long to read and parse as a short request.
const breakBytes = 16 << 10

// A Listener closes connections at a limit: of untrusted clients, at the address
// that has most, the oldest one. If there are only trusted clients, it closes the
// one that has waited longest for its next request or, if none waits, the new
// one.
type Listener struct {
	net.Listener
	limits Limits

	closed atomic.Int64

	mu      sync.Mutex
	open    map[*conn]struct{}      // guarded by mu
	of      map[netip.Addr]*holding // guarded by mu; by network
	pending int64                   // guarded by mu: bytes of all untrusted clients
}

// A holding counts the resources of all untrusted clients of one network.
type holding struct {
	conns   int   // open connections
	pending int64 // bytes read of unanswered requests
}

// New returns a listener over l.
func New(l net.Listener, limits Limits) *Listener {
	return &Listener{Listener: l, limits: limits, open: make(map[*conn]struct{}), of: make(map[netip.Addr]*holding)}
}

// Closed is the number of connections that were closed because a limit was
// reached.
func (l *Listener) Closed() int64 { return l.closed.Load() }

// Open is the number of open connections.
func (l *Listener) Open() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open)
}

// Accept waits for a connection and makes room for it.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		accepted, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c := &conn{Conn: accepted, from: l, network: networkOf(accepted.RemoteAddr()), left: make(chan struct{}), since: time.Now()}
		room, victim := l.admit(c)
		l.cut(victim)
		if room {
			l.rest()
			return c, nil
		}
		l.cut(c)
	}
}

// rest calls Break.
func (l *Listener) rest() {
	if l.limits.Break != nil {
		l.limits.Break()
	}
}

// admit registers a connection. victim is the one to close for it, nil for none.
func (l *Listener) admit(c *conn) (room bool, victim *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.open) >= l.limits.Conns {
		if victim = l.victim(func(h *holding) int64 { return int64(h.conns) }); victim == nil {
			c.gone = true // no other goroutine has it yet
			return false, nil
		}
		l.leave(victim)
	}
	l.open[c] = struct{}{}
	h := l.of[c.network]
	if h == nil {
		h = new(holding)
		l.of[c.network] = h
	}
	h.conns++
	return true, victim
}

// victim is the connection to close next. Of untrusted clients it is in the
// network that holds most. Called with mu held.
func (l *Listener) victim(holds func(*holding) int64) (untrusted *conn) {
	var most int64
	var waiting *conn // the one of a trusted client that has waited longest
	for c := range l.open {
		switch {
		case !c.trusted:
			held := holds(l.of[c.network])
			if untrusted == nil || held > most || held == most && c.since.Before(untrusted.since) {
				untrusted, most = c, held
			}
		case c.idle && (waiting == nil || c.since.Before(waiting.since)):
			waiting = c
		}
	}
	if untrusted == nil {
		return waiting
	}
	return untrusted
}

// cut closes a connection because a limit was reached; nil is allowed.
func (l *Listener) cut(c *conn) {
	if c != nil {
		l.closed.Add(1)
		_ = c.Close() // no bytes were exchanged
	}
}

// leave forgets a connection. Called with mu held.
func (l *Listener) leave(c *conn) {
	if c.gone {
		return
	}
	c.gone = true
	close(c.left)
	delete(l.open, c)
	l.forgive(c)
}

// forgive removes a connection from what untrusted clients hold. Called with mu
// held.
func (l *Listener) forgive(c *conn) {
	if c.trusted {
		return
	}
	h := l.of[c.network]
	h.conns--
	h.pending -= c.pending
	l.pending -= c.pending
	c.pending = 0
	if h.conns == 0 {
		delete(l.of, c.network)
	}
}

// count adds to what a connection holds. victim is the connection to close for
// it, possibly c itself, nil for none. untrusted reports whether c counts.
func (l *Listener) count(c *conn, n int64) (victim *conn, untrusted bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.trusted || c.gone {
		return nil, false
	}
	c.pending += n
	l.of[c.network].pending += n
	l.pending += n
	if l.pending <= l.limits.Pending {
		return nil, true
	}
	victim = l.victim(func(h *holding) int64 { return h.pending })
	l.leave(victim) // never nil: c is untrusted
	return victim, true
}
