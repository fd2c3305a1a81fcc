package upstream

import (
	"slices"

	"elbow/internal/http2"
)

// h2Streams are the streams of an HTTP/2 connection. It is guarded by h2Conn.mu.
type h2Streams struct {
	byID    map[uint32]*Stream
	opening []*Stream // wait for room in the queue before they are opened
	woken   []*Stream // received frames for which their owners have not been signaled
	next    uint32    // id of the next stream
}

// open gives s the next id.
func (t *h2Streams) open(s *Stream) {
	s.id = t.next
	t.next += 2
	t.byID[s.id] = s
}

// known returns the stream of a frame; nil if it has ended.
func (t *h2Streams) known(id uint32) (*Stream, error) {
	if id >= t.next || id%2 == 0 {
		return nil, http2.ErrIdle
	}
	return t.byID[id], nil
}

// has reports whether s has been opened and not dropped.
func (t *h2Streams) has(s *Stream) bool { return t.byID[s.id] == s }

// drop removes s.
func (t *h2Streams) drop(s *Stream) {
	if t.has(s) {
		delete(t.byID, s.id)
	}
}

// unwake removes s from woken: its owner has released it.
func (t *h2Streams) unwake(s *Stream) {
	t.woken = slices.DeleteFunc(t.woken, func(w *Stream) bool { return w == s })
}

// signalWoken signals the owners of the streams in woken. It is called once for everything
// that was read, so that a short answer arrives together with its head.
func (t *h2Streams) signalWoken() {
	for i, s := range t.woken {
		s.in.Signal()
		t.woken[i] = nil
	}
	t.woken = t.woken[:0]
}

// wakeSenders wakes the streams that wait to send.
func (t *h2Streams) wakeSenders() {
	for _, s := range t.byID {
		if s.sending {
			s.out.Signal()
		}
	}
	for _, s := range t.opening {
		s.out.Signal()
	}
}
