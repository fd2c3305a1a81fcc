package proxy

import (
	"sync"

	"elbow/internal/overload"
)

// An h3Window is what the client of an HTTP/3 connection may send before we have
// passed it on, so what the connection may make us hold. It is reckoned as long as
// there is a request that has not been read to its end.
type h3Window struct {
	mu     sync.Mutex
	size   int64             // guarded by mu; bytes beyond quicConnWindow
	uses   int               // guarded by mu; requests that have not been read to their end
	memory *overload.Holding // guarded by mu; of the connection, while uses is not 0
}

// grow notes that the window is n bytes larger.
func (w *h3Window) grow(n int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.size += n
	if w.uses > 0 {
		w.memory.Hold(n)
	}
}

// begin and end note that the rest of a request is to be read.
func (w *h3Window) begin(memory *overload.Holding) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.uses++; w.uses == 1 {
		w.memory = memory
		memory.Hold(quicConnWindow + w.size)
	}
}

func (w *h3Window) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.uses--; w.uses == 0 {
		w.memory.Hold(-(quicConnWindow + w.size))
	}
}
