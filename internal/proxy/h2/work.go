package h2

// A worker is a goroutine that runs exchanges of one connection, one after the other.
// Its stack has already grown to the size that an exchange needs; a new goroutine per
// exchange would have to grow it again.
type worker struct {
	next chan *stream // capacity 1; closed: end
}

// dispatch hands new streams to workers. It is called after all frames of a read have
// been handled, so that a short body is available together with its head.
func (h *Conn) dispatch() {
	for i, s := range h.fresh {
		h.fresh[i] = nil
		h.mu.Lock()
		n := len(h.workers) - 1
		if n < 0 {
			h.mu.Unlock()
			h.running.Add(1)
			go h.work(s) // ends when dismissed; Serve waits for it
			continue
		}
		w := h.workers[n]
		h.workers[n] = nil
		h.workers = h.workers[:n]
		h.mu.Unlock()
		w.next <- s // never blocks: an idle worker's channel is empty
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

// dismiss ends the idle workers. mu must be locked.
func (h *Conn) dismiss() {
	for _, w := range h.workers {
		close(w.next)
	}
	h.workers = nil
}
