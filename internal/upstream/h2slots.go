package upstream

import (
	"elbow/internal/http2"
	"elbow/internal/socket"
)

// h2Slots are the streams that an HTTP/2 connection may have at once: those reserved for
// exchanges, and the limit of the backend (SETTINGS_MAX_CONCURRENT_STREAMS).
type h2Slots struct {
	of *h2Conns // the connections to the same backend

	// Guarded by of.mu.
	open      int            // reserved for exchanges and not released
	room      int            // maximum of open
	leaving   bool           // no new streams
	listed    bool           // the connection is in of.all
	idleSince socket.Instant // when open became 0
}

// admit returns why a reserved stream cannot be opened; nil if it can. worn means that the
// connection has used up its stream ids.
func (s *h2Slots) admit(worn bool) error {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	s.leaving = s.leaving || worn || s.room == 0
	switch {
	case s.room == 0:
		return errNoRoom
	case s.leaving || s.open > s.room:
		return errFull
	}
	return nil
}

// giveBack releases a reservation, and reports whether the connection is to be closed.
func (s *h2Slots) giveBack() (ends bool) {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	s.open--
	if s.open == 0 {
		s.idleSince = socket.Now()
	}
	return s.open == 0 && (s.leaving || s.of.closed)
}

// setRoom records how many streams the backend allows.
func (s *h2Slots) setRoom(streams uint32) {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	s.room = int(min(streams, http2.BackendStreams))
	s.of.less = http2.BackendStreams - max(s.room, 1)
}

// refused is called when the backend has refused a stream: it allows no more than are
// open.
func (s *h2Slots) refused() {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	s.room = min(s.room, max(s.open-1, 1))
}

// leave allows no new streams, and reports whether the connection is unused.
func (s *h2Slots) leave() (unused bool) {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	s.leaving = true
	return s.open == 0
}

// idle reports whether the connection has had no stream since before, and if so
// allows no new one.
func (s *h2Slots) idle(before socket.Instant) bool {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	if s.open > 0 || s.idleSince > before {
		return false
	}
	s.leaving = true
	return true
}
