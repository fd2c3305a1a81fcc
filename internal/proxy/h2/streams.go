package h2

import "elbow/internal/http2"

// Expel resets the stream if it still exists.
func (m *mux) Expel(id uint32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.streams.byID[id]; s != nil && !s.cancelled.Load() {
		m.reset(id, http2.EnhanceYourCalm)
	}
}

// cancelAll cancels all streams; queued frames are still written. It may be called
// from any goroutine.
func (m *mux) cancelAll() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.out.ending = true
	for _, s := range m.streams.byID {
		m.cancel(s, resetHere)
	}
	m.workers.dismiss()
	m.rouse()
}

// lose cancels all streams after the client has disconnected. Tunnels continue with
// carryRest.
func (m *mux) lose() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.out.ending = true
	for _, s := range m.streams.byID {
		m.leaveStream(s)
	}
	m.workers.dismiss()
	m.rouse()
}

// leaveStream ends a stream whose client has left. mu must be locked.
func (m *mux) leaveStream(s *stream) {
	up := s.up.Load()
	if !s.state.tunnels() || up == nil {
		m.cancel(s, resetHere)
		return
	}
	s.cut(resetHere)
	up.Interrupt() // the tunnel continues with carryRest
	s.in.Signal()
	s.out.Signal()
}

// closed counts a stream that the last transition of its state has closed. mu must be
// locked.
func (m *mux) closed() {
	if m.streams.end(&m.Origin) && m.leaving == asked && !m.out.ending {
		m.warn()
	}
}

// cancel ends a stream that was reset by either side: its backend connection is
// closed, and its exchange fails at its next step. mu must be locked.
func (m *mux) cancel(s *stream, by reset) {
	s.cut(by)
	if up := s.up.Swap(nil); up != nil {
		up.Close() // the exchange sees the error
	}
	if s.x == nil {
		delete(m.streams.byID, s.id)
	}
	s.in.Signal()
	s.out.Signal()
}

// reset ends stream id with a RST_STREAM. mu must be locked.
func (m *mux) reset(id uint32, code http2.Code) {
	m.write(func(dst []byte) []byte { return http2.AppendReset(dst, id, code) })
	m.streams.noteDropped(id)
	if s := m.streams.byID[id]; s != nil {
		m.cancel(s, resetHere)
	}
}
