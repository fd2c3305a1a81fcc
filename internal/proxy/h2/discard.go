package h2

import (
	"elbow/internal/exchange"
	"elbow/internal/http2"
	"elbow/internal/socket"
)

// discard keeps a stream whose answer is complete and whose request is not. What
// still comes of that is thrown away and paid for in window, so that a client which
// sends all of it before it reads finds the answer. RST_STREAM with NO_ERROR asks it
// to stop (RFC 9113, 8.1), but not at once: several clients drop an answer that they
// have not looked at when they see one, or take it for a failure. The exchange has
// ended. Called with mu locked.
func (h *Conn) discard(s *stream) {
	x := s.x
	s.x = nil
	h.received(s, answerComplete)
	s.answeredAt = socket.Now()
	s.cameAt = s.answeredAt
	h.drained(s, s.body.Len())
	s.body.Release()
	h.discarding++
	x.Release()
}

// discardedPing is sent when the client has ended such a stream. curl 7.88, and git
// with it, ends it when it sees the answer, and then does not find out that it has
// before another frame comes.
const discardedPing = "answered"

// discarded ends a stream of which nothing more will come. Called with mu locked.
func (h *Conn) discarded(s *stream) {
	delete(h.streams, s.id)
	h.write(func(dst []byte) []byte { return http2.AppendPing(dst, 0, []byte(discardedPing)) })
}

// resetDiscarded resets the streams whose client has had time enough. Called with
// mu locked.
func (h *Conn) resetDiscarded(at socket.Instant) {
	h.discarding = 0
	for id, s := range h.streams {
		switch {
		case s.x != nil:
		case at >= s.cameAt.Add(h.Limits.LingerTimeout) || at >= s.answeredAt.Add(exchange.DiscardTimeout):
			h.reset(id, http2.NoError) // which deletes it
		default:
			h.discarding++
		}
	}
}
