package h2

import (
	"slices"

	"elbow/internal/exchange"
	"elbow/internal/http2"
	"elbow/internal/socket"
)

// A table holds the streams of a connection, and remembers which were reset, because the
// client may still send frames on those. It is guarded by mux.mu.
type table struct {
	byID       map[uint32]*stream // until their exchange has ended
	open       int                // streams that are open for the client
	discarding int                // streams whose exchange has ended before the client's END_STREAM
	idleSince  socket.Instant     // when the last open stream ended
	last       uint32             // highest stream that the client has begun
	dropped    [16]uint32         // recently reset streams, on which late frames are no error
	drops      int
}

// begin counts a stream that the client has opened. initial is its send window.
func (t *table) begin(s *stream, initial int64, of *exchange.Origin) {
	t.byID[s.id] = s
	s.window = http2.Window(initial)
	s.credit = http2.Credit{Size: http2.StreamWindow}
	if t.open++; t.open == 1 {
		of.State.Store(exchange.Active)
	}
}

// end counts an open stream as closed, and reports whether it was the last.
func (t *table) end(of *exchange.Origin) (last bool) {
	if t.open--; t.open > 0 {
		return false
	}
	t.idleSince = socket.Now()
	of.State.Store(exchange.Idle)
	return true
}

// idle reports whether the client has not begun stream id, or cannot.
func (t *table) idle(id uint32) bool { return id > t.last || id%2 == 0 }

// noteDropped records that a stream was reset.
func (t *table) noteDropped(id uint32) {
	t.dropped[t.drops%len(t.dropped)] = id
	t.drops++
}

// wasDropped reports whether the stream was reset recently, so that the client may
// have sent a frame on it before it knew.
func (t *table) wasDropped(id uint32) bool {
	return slices.Contains(t.dropped[:], id)
}

// stray returns the error for DATA on a stream that accepts none. s is nil if it is not in
// the table.
func (t *table) stray(s *stream, id uint32) error {
	switch {
	case t.idle(id):
		return http2.ErrIdle
	case s != nil && s.state.reset == resetHere || t.wasDropped(id):
		return nil
	}
	return http2.ErrStreamClosed
}
