package proxy

import (
	"sync"

	"github.com/quic-go/quic-go"
)

// An h3Window is what the client of an HTTP/3 connection may send before we have
// passed it on, so what the connection may make us hold. It is reckoned as long as
// there is a request that has not been read to its end.
type h3Window struct {
	mu   sync.Mutex
	size int64 // guarded by mu; bytes beyond quicConnWindow
	uses int   // guarded by mu; requests that have not been read to their end
}

// grow lets quic-go make the window of a connection larger, as long as there is memory.
func (q *quicPort) grow(c *quic.Conn, more uint64) bool {
	start, ok := c.Context().Value(quicStartKey{}).(*quicStart)
	if !ok || !q.listener.proxy.process.Budget.Roomy(int64(more)) {
		return false
	}
	w := &start.window
	w.mu.Lock()
	defer w.mu.Unlock()
	w.size += int64(more)
	if w.uses > 0 {
		start.conn.Memory.Hold(int64(more))
	}
	return true
}

// begin and end note that the rest of a request is to be read.
func (w *h3Window) begin(s *quicStart) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.uses++; w.uses == 1 {
		s.conn.Memory.Hold(quicConnWindow + w.size)
	}
}

func (w *h3Window) end(s *quicStart) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.uses--; w.uses == 0 {
		s.conn.Memory.Hold(-(quicConnWindow + w.size))
	}
}
