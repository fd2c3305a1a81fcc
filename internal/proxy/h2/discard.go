package h2

import (
	"elbow/internal/exchange"
	"elbow/internal/http2"
	"elbow/internal/socket"
)

// discard keeps a stream whose answer is complete and whose request is not. The rest
// of the request is discarded and its window is given back, so that a client which
// sends all of it before it reads gets to the answer. RST_STREAM with NO_ERROR asks
// the client to stop (RFC 9113, 8.1), but not at once: on receiving it several clients
// drop an answer that they have not read yet, or report a failure. The exchange has
// ended. mu must be locked.
func (m *mux) discard(s *stream) {
	x := s.x
	s.x = nil
	s.receive(answerComplete)
	s.answeredAt = socket.Now()
	s.cameAt = s.answeredAt
	m.drained(s, s.body.Len())
	s.body.Release()
	m.streams.discarding++
	x.Release()
}

// discardedPing is sent when the client has ended such a stream. curl 7.88, and git
// with it, ends the stream when it sees the answer, but does not notice that the
// stream is complete before another frame arrives.
const discardedPing = "answered"

// discarded ends a stream whose client sends nothing more. mu must be locked.
func (m *mux) discarded(s *stream) {
	delete(m.streams.byID, s.id)
	m.write(func(dst []byte) []byte { return http2.AppendPing(dst, 0, []byte(discardedPing)) })
}

// resetDiscarded resets the discarded streams whose time is over. mu must be locked.
func (m *mux) resetDiscarded(at socket.Instant) {
	m.streams.discarding = 0
	for id, s := range m.streams.byID {
		switch {
		case s.x != nil:
		case at >= s.cameAt.Add(m.Limits.LingerTimeout) || at >= s.answeredAt.Add(exchange.DiscardTimeout):
			m.reset(id, http2.NoError) // deletes it from m.streams.byID
		default:
			m.streams.discarding++
		}
	}
}
