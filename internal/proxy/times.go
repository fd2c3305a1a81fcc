package proxy

import (
	"time"

	"elbow/internal/socket"
)

// times are when an exchange got how far.
type times struct {
	began     socket.Instant // first byte of the request seen
	connected socket.Instant // a backend connection was there; 0: none
	answered  socket.Instant // the final head of the backend had come; 0: none
	ended     socket.Instant
}

// since returns the time from the beginning to at, 0 if at has not been.
func (t *times) since(at socket.Instant) time.Duration {
	if at == 0 {
		return 0
	}
	return at.Sub(t.began)
}

// append appends the times that there are to a line of the access log.
func (t *times) append(b []byte) []byte {
	if t.connected != 0 {
		b = appendSeconds(b, "connect", t.since(t.connected))
	}
	if t.answered != 0 {
		b = appendSeconds(b, "answer", t.since(t.answered))
	}
	return appendSeconds(b, "took", t.since(t.ended))
}
