package upstream

import (
	"slices"
	"sync"

	"elbow/internal/http2"
)

// h2Conns are the HTTP/2 connections to one backend.
//
// A stream is opened on the oldest one with room, so that in a quiet period the
// others become idle and are closed.
type h2Conns struct {
	mu     sync.Mutex
	all    []*h2Conn // guarded by mu; oldest first
	closed bool      // guarded by mu
	ended  bool      // guarded by mu; cut was called
	less   int       // guarded by mu; http2.BackendStreams less the backend's limit
}

// OpenStream returns a stream on a connection to the backend that has room for
// it, or on a new one. Its owner must call Release. An error means that the
// backend has seen nothing of the request.
func (p *Pool) OpenStream() (*Stream, error) {
	for range openTries {
		c, made := p.h2.take(p)
		if c == nil {
			return nil, errCut
		}
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
// caller must dial. c is nil after cut.
func (h *h2Conns) take(p *Pool) (c *h2Conn, made bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended {
		return nil, false
	}
	for _, c := range h.all {
		if !c.slots.leaving && c.slots.open < c.slots.room {
			c.slots.open++
			return c, false
		}
	}
	c = newH2Conn(p, http2.BackendStreams-h.less)
	c.slots.open = 1
	h.all = append(h.all, c)
	return c, true
}

// admit waits until the reserved stream can be opened, or returns why it cannot.
func (c *h2Conn) admit() error {
	c.mu.Lock()
	err, worn := c.err, c.streams.next > lastStream
	c.mu.Unlock()
	if err == nil {
		err = c.slots.admit(worn)
	}
	if err != nil {
		c.giveBack()
	}
	return err
}

// giveBack releases the reservation of take. An unused connection is closed.
func (c *h2Conn) giveBack() {
	if c.slots.giveBack() {
		c.shut(errReleased)
	}
}

// leave stops opening streams on the connection. An unused connection is closed.
func (c *h2Conn) leave() {
	if c.slots.leave() {
		c.shut(errReleased)
	}
}

// remove removes a connection that has ended from the list.
func (h *h2Conns) remove(c *h2Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c.slots.leaving = true
	if c.slots.listed {
		c.slots.listed = false
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
		if c.slots.open == 0 {
			c.slots.leaving = true
			idle = append(idle, c)
		}
	}
	h.mu.Unlock()
	for _, c := range idle {
		c.shut(errReleased)
	}
}

// cut ends all connections, and refuses new ones.
func (h *h2Conns) cut() {
	h.mu.Lock()
	h.ended = true
	all := slices.Clone(h.all)
	h.mu.Unlock()
	for _, c := range all {
		c.fail(errCut)
	}
}

// waiting counts the connections without streams.
func (h *h2Conns) waiting() (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.all {
		if c.slots.open == 0 {
			n++
		}
	}
	return n
}
