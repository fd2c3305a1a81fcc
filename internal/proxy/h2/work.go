package h2

// A worker is a goroutine that runs exchanges of one connection, one after the other.
// Its stack has already grown to the size that an exchange needs; a new goroutine per
// exchange would have to grow it again.
type worker struct {
	next chan *request // capacity 1; closed: end
}

// workers are the idle workers of a connection. It is guarded by mux.mu.
type workers struct{ idle []*worker } // most recently used last

// take returns the worker that was used last; nil if there is none.
func (ws *workers) take() *worker {
	n := len(ws.idle) - 1
	if n < 0 {
		return nil
	}
	w := ws.idle[n]
	ws.idle[n] = nil
	ws.idle = ws.idle[:n]
	return w
}

// dismiss ends the idle workers.
func (ws *workers) dismiss() {
	for _, w := range ws.idle {
		close(w.next)
	}
	ws.idle = nil
}

// dispatch hands new streams to workers. It is called after all frames of a read have
// been handled, so that a short body is available together with its head.
func (h *Conn) dispatch() {
	for i, s := range h.input.fresh {
		h.input.fresh[i] = nil
		h.mu.Lock()
		w := h.workers.take()
		h.mu.Unlock()
		if w == nil {
			h.running.Add(1)
			go h.work(s) // ends when dismissed; Serve waits for it
			continue
		}
		w.next <- s // never blocks: an idle worker's channel is empty
	}
	h.input.fresh = h.input.fresh[:0]
}

// work runs exchanges until it is dismissed.
func (h *Conn) work(s *request) {
	defer h.running.Done()
	defer h.Guard()
	w := &worker{make(chan *request, 1)}
	for ok := true; ok; s, ok = <-w.next {
		s.run()
		h.mu.Lock()
		if h.out.ending {
			h.mu.Unlock()
			return
		}
		h.workers.idle = append(h.workers.idle, w)
		h.mu.Unlock()
	}
}
