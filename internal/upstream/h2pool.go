package upstream

import (
	"slices"
	"sync"

	"elbow/internal/http2"
	"elbow/internal/socket"
)

// h2Conns are the HTTP/2 connections to one backend.
//
// A stream is opened on the oldest one with room, so that in a quiet period the
// others become idle and are closed.
type h2Conns struct {
	mu     sync.Mutex
	all    []*h2Conn // guarded by mu; oldest first
	closed bool      // guarded by mu
	less   int       // guarded by mu; http2.BackendStreams less the backend's limit
}

// OpenStream returns a stream on a connection to the backend that has room for
// it, or on a new one. Its owner must call Release. An error means that the
// backend has seen nothing of the request.
func (p *Pool) OpenStream() (*Stream, error) {
	if p.isCut() {
		return nil, ErrCut
	}
	for range openTries {
		c, made := p.h2.take(p)
		fresh := made
		select {
		case <-c.ready:
		default:
			fresh = true
		}
		if made {
			c.dial()
		}
		<-c.ready
		err := c.admit()
		if err == nil {
			if !fresh {
				p.reuses.Add(1)
			}
			return takeStream(c), nil
		}
		if fresh && err != errFull {
			return nil, err
		}
		if !fresh {
			p.stale.Add(1)
		}
	}
	return nil, errNoRoom
}

// take reserves a stream on a connection with room, or on a new one that the
// caller must dial.
func (h *h2Conns) take(p *Pool) (c *h2Conn, made bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.all {
		if !c.leaving && c.open < c.room {
			c.open++
			return c, false
		}
	}
	c = newH2Conn(p, http2.BackendStreams-h.less)
	c.open = 1
	h.all = append(h.all, c)
	return c, true
}

// admit waits until the reserved stream can be opened, or returns why it cannot.
func (c *h2Conn) admit() error {
	c.mu.Lock()
	err, worn := c.err, c.next > lastStream
	c.mu.Unlock()
	h := &c.pool.h2
	h.mu.Lock()
	c.leaving = c.leaving || worn || c.room == 0
	switch {
	case err != nil:
	case c.room == 0:
		err = errNoRoom
	case c.leaving || c.open > c.room:
		err = errFull
	}
	h.mu.Unlock()
	if err != nil {
		c.giveBack()
	}
	return err
}

// giveBack releases the reservation of take. An unused connection is closed.
func (c *h2Conn) giveBack() {
	h := &c.pool.h2
	h.mu.Lock()
	c.open--
	if c.open == 0 {
		c.idleSince = socket.Now()
	}
	ends := c.open == 0 && (c.leaving || h.closed)
	h.mu.Unlock()
	if ends {
		c.shut(errReleased)
	}
}

// setRoom records how many streams the backend allows.
func (c *h2Conn) setRoom(streams uint32) {
	h := &c.pool.h2
	h.mu.Lock()
	c.room = int(min(streams, http2.BackendStreams))
	h.less = http2.BackendStreams - max(c.room, 1)
	h.mu.Unlock()
}

// streamRefused is called when the backend has refused a stream: it allows no more than
// are open.
func (c *h2Conn) streamRefused() {
	h := &c.pool.h2
	h.mu.Lock()
	c.room = min(c.room, max(c.open-1, 1))
	h.mu.Unlock()
}

// leave stops opening streams on the connection.
func (c *h2Conn) leave() {
	h := &c.pool.h2
	h.mu.Lock()
	c.leaving = true
	ends := c.open == 0
	h.mu.Unlock()
	if ends {
		c.shut(errReleased)
	}
}

// idle reports whether the connection has had no stream since before, and if so
// allows no new one.
func (c *h2Conn) idle(before socket.Instant) bool {
	h := &c.pool.h2
	h.mu.Lock()
	defer h.mu.Unlock()
	if c.open > 0 || c.idleSince > before {
		return false
	}
	c.leaving = true
	return true
}

// remove removes a connection that has ended from the list.
func (h *h2Conns) remove(c *h2Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c.leaving = true
	if c.listed {
		c.listed = false
		i := slices.Index(h.all, c)
		h.all = slices.Delete(h.all, i, i+1)
	}
}

// close ends the connections without streams; the others end with their last
// one.
func (h *h2Conns) close() {
	h.mu.Lock()
	h.closed = true
	var idle []*h2Conn
	for _, c := range h.all {
		if c.open == 0 {
			c.leaving = true
			idle = append(idle, c)
		}
	}
	h.mu.Unlock()
	for _, c := range idle {
		c.shut(errReleased)
	}
}

// cut ends all connections.
func (h *h2Conns) cut() {
	h.mu.Lock()
	all := slices.Clone(h.all)
	h.mu.Unlock()
	for _, c := range all {
		c.fail(ErrCut)
	}
}

// waiting counts the connections without streams.
func (h *h2Conns) waiting() (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.all {
		if c.open == 0 {
			n++
		}
	}
	return n
}
