package h3

import (
	"sync"

	"elbow/internal/overload"
)

// A Window is the receive window of an HTTP/3 connection, which bounds the memory that
// the client can make it hold. It is charged to the memory account while there is a
// request that has not been read to its end.
type Window struct {
	mu     sync.Mutex
	size   int64             // guarded by mu; bytes beyond ConnWindow
	uses   int               // guarded by mu; requests not read to their end
	memory *overload.Holding // guarded by mu; the connection's account, while uses is not 0
}

// Grow records that the window has grown by n bytes.
func (w *Window) Grow(n int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.size += n
	if w.uses > 0 {
		w.memory.Hold(n)
	}
}

// begin charges the window while the rest of a request is read; end ends that.
func (w *Window) begin(memory *overload.Holding) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.uses++; w.uses == 1 {
		w.memory = memory
		memory.Hold(ConnWindow + w.size)
	}
}

func (w *Window) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.uses--; w.uses == 0 {
		w.memory.Hold(-(ConnWindow + w.size))
	}
}
