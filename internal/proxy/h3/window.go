package h3

import (
	"sync"

	"elbow/internal/overload"
)

// A Window is what the client of an HTTP/3 connection may send before we have
// passed it on, so what the connection may make us hold. It is reckoned as long as
// there is a request that has not been read to its end.
type Window struct {
	mu     sync.Mutex
	size   int64             // guarded by mu; bytes beyond quicConnWindow
	uses   int               // guarded by mu; requests that have not been read to their end
	memory *overload.Holding // guarded by mu; of the connection, while uses is not 0
}

// Grow notes that the window is n bytes larger.
func (w *Window) Grow(n int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.size += n
	if w.uses > 0 {
		w.memory.Hold(n)
	}
}

// begin and end note that the rest of a request is to be read.
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
