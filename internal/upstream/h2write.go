package upstream

import "runtime"

// flush is the writer: it writes the queue, all of it at once.
func (c *h2Conn) flush() {
	for range c.out.wake {
		runtime.Gosched() // lets all runnable goroutines queue their frames first
		c.mu.Lock()
		out, ends := c.out.take(), c.err != nil // after an error nothing follows
		c.streams.wakeSenders()                 // there is room
		c.mu.Unlock()
		if len(out) > 0 {
			if _, err := c.Write(out); err != nil {
				c.fail(err)
				return
			}
		}
		if ends {
			_ = c.Conn.Close() // ends the reader; usually the second close
			return
		}
	}
}
