package h2

// A worker is a goroutine that runs exchanges of one connection, one after
// the other. Its stack has grown to what an exchange needs; a new goroutine for
// each would grow its own again.
type worker struct {
	next chan *stream // capacity 1; closed: end
}

// dispatch gives the streams that have begun to workers. It is called when all
// that was read has been looked at, so that a short body is there with its head.
func (h *Conn) dispatch() {
	for i, s := range h.fresh {
		h.fresh[i] = nil
		h.mu.Lock()
		n := len(h.workers) - 1
		if n < 0 {
			h.mu.Unlock()
			h.running.Add(1)
			go h.work(s) // ends when dismissed; serveH2 waits for it
			continue
		}
		w := h.workers[n]
		h.workers[n] = nil
		h.workers = h.workers[:n]
		h.mu.Unlock()
		w.next <- s // never waits: a worker among workers has nothing to do
	}
	h.fresh = h.fresh[:0]
}

// work runs exchanges until it is dismissed.
func (h *Conn) work(s *stream) {
	defer h.running.Done()
	defer h.Guard()
	w := &worker{make(chan *stream, 1)}
	for ok := true; ok; s, ok = <-w.next {
		s.run()
		h.mu.Lock()
		if h.ending {
			h.mu.Unlock()
			return
		}
		h.workers = append(h.workers, w)
		h.mu.Unlock()
	}
}

// dismiss ends the workers that wait. Called with mu locked.
func (h *Conn) dismiss() {
	for _, w := range h.workers {
		close(w.next)
	}
	h.workers = nil
}
