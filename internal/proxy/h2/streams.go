package h2

import (
	"slices"

	"elbow/internal/exchange"
	"elbow/internal/http2"
	"elbow/internal/socket"
)

// Expel resets the stream if it still exists.
func (h *Conn) Expel(id uint32) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.streams[id]; s != nil && !s.cancelled.Load() {
		h.reset(id, http2.EnhanceYourCalm)
	}
}

// cancelAll cancels all streams; queued frames are still written. It may be called
// from any goroutine.
func (h *Conn) cancelAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ending = true
	for _, s := range h.streams {
		h.cancel(s, resetHere)
	}
	h.dismiss()
	h.rouse()
}

// lose cancels all streams after the client has disconnected. Tunnels continue with
// carryRest.
func (h *Conn) lose() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ending = true
	for _, s := range h.streams {
		h.leaveStream(s)
	}
	h.dismiss()
	h.rouse()
}

// leaveStream ends a stream whose client has left. mu must be locked.
func (h *Conn) leaveStream(s *stream) {
	up := s.up.Load()
	if !s.state.tunnels() || up == nil {
		h.cancel(s, resetHere)
		return
	}
	h.cutStream(s, resetHere)
	up.Interrupt() // the tunnel continues with carryRest
	s.in.Signal()
	s.out.Signal()
}

// begin counts a stream that the client has opened. mu must be locked.
func (h *Conn) begin(s *stream) {
	h.streams[s.id] = s
	s.window = http2.Window(h.initial)
	s.credit = http2.Credit{Size: http2.StreamWindow}
	if h.open++; h.open == 1 {
		h.Conn.State.Store(exchange.Active)
	}
}

// received changes the state of a stream after an event of the client; sends, below,
// after one of the proxy. mu must be locked for both and for the methods below.
func (h *Conn) received(s *stream, e event) {
	was := s.state.closed()
	s.state.receive(e)
	h.moved(s, was)
}

func (h *Conn) sends(s *stream, e event) {
	was := s.state.closed()
	s.state.send(e)
	h.moved(s, was)
}

// cutStream records that a stream is reset.
func (h *Conn) cutStream(s *stream, by reset) {
	was := s.state.closed()
	s.state.cut(by)
	s.cancelled.Store(true)
	h.moved(s, was)
}

// moved counts a stream as closed if the last transition has closed it.
func (h *Conn) moved(s *stream, was bool) {
	if was || !s.state.closed() {
		return
	}
	if h.open--; h.open == 0 {
		h.idleSince = socket.Now()
		h.Conn.State.Store(exchange.Idle)
		if h.leaving == asked && !h.ending {
			h.warn()
		}
	}
}

// cancel ends a stream that was reset by either side: its backend connection is
// closed, and its exchange fails at its next step. mu must be locked.
func (h *Conn) cancel(s *stream, by reset) {
	h.cutStream(s, by)
	if up := s.up.Swap(nil); up != nil {
		up.Close() // the exchange sees the error
	}
	if s.x == nil {
		delete(h.streams, s.id)
	}
	s.in.Signal()
	s.out.Signal()
}

// reset ends stream id with a RST_STREAM. mu must be locked.
func (h *Conn) reset(id uint32, code http2.Code) {
	h.write(func(dst []byte) []byte { return http2.AppendReset(dst, id, code) })
	h.dropped[h.drops%len(h.dropped)] = id
	h.drops++
	if s := h.streams[id]; s != nil {
		h.cancel(s, resetHere)
	}
}

// wasDropped reports whether the stream was reset recently, so that the client may
// have sent a frame on it before it knew. mu must be locked.
func (h *Conn) wasDropped(id uint32) bool {
	return slices.Contains(h.dropped[:], id)
}
