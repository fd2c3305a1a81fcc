package upstream

import (
	"runtime"

	"elbow/internal/http2"
)

// wakeWriter wakes the writer. Called with mu locked.
func (c *h2Conn) wakeWriter() {
	select {
	case c.wake <- struct{}{}:
	default: // already signalled
	}
}

// full reports whether requests have to wait. Called with mu locked.
func (c *h2Conn) full() bool { return len(c.queue) >= queueRoom }

// flush is the writer: it writes the queue, all of it at once.
func (c *h2Conn) flush() {
	for range c.wake {
		runtime.Gosched() // lets all runnable goroutines queue their frames first
		out, ends := c.swap()
		if len(out) > 0 {
			if _, err := c.Write(out); err != nil {
				c.fail(err)
				return
			}
		}
		if ends {
			c.hangUp() // ends the reader
			return
		}
	}
}

// swap returns the queue and wakes those that wait for room. ends says that
// nothing follows it.
func (c *h2Conn) swap() (out []byte, ends bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	out, c.queue, c.spare = c.queue, c.spare[:0], c.queue
	if cap(c.spare) > 2*queueRoom {
		c.spare = nil
	}
	c.wakeSenders()
	return out, c.err != nil
}

// wakeSenders wakes the streams that wait to send. Called with mu locked.
func (c *h2Conn) wakeSenders() {
	for _, s := range c.streams {
		if s.sending {
			s.out.Signal()
		}
	}
	for _, s := range c.opening {
		s.out.Signal()
	}
}

// appendBlock queues a header block as HEADERS and, if it is longer than one
// frame, CONTINUATION. Called with mu locked.
func (c *h2Conn) appendBlock(id uint32, block []byte, flags http2.Flags) {
	c.told = true
	first := 0
	if !c.greeted {
		first = 1
	}
	n := min(len(block), http2.MaxFrame-first)
	if n == len(block) {
		flags |= http2.EndHeaders
	}
	c.queue = http2.AppendHeader(c.queue, first+n, http2.Headers, flags, id)
	if !c.greeted {
		c.greeted = true
		c.queue = append(c.queue, http2.NoTable)
	}
	c.queue = append(c.queue, block[:n]...)
	for block = block[n:]; len(block) > 0; block = block[n:] {
		n, flags = min(len(block), http2.MaxFrame), 0
		if n == len(block) {
			flags = http2.EndHeaders
		}
		c.queue = http2.AppendHeader(c.queue, n, http2.Continuation, flags, id)
		c.queue = append(c.queue, block[:n]...)
	}
	c.wakeWriter()
}
