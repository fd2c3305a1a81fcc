package accesslog

import (
	"time"

	"elbow/internal/socket"
)

// Times are when an exchange got how far.
type Times struct {
	Began     socket.Instant // first byte of the request seen
	Connected socket.Instant // a backend connection was there; 0: none
	Answered  socket.Instant // the final head of the backend had come; 0: none
	Ended     socket.Instant // the last byte had been written, or it had broken
	Taken     socket.Instant // the client had a long answer; 0: not known
}

// Since returns the time from the beginning to at, 0 if at has not been.
func (t *Times) Since(at socket.Instant) time.Duration {
	if at == 0 {
		return 0
	}
	return at.Sub(t.Began)
}

// append appends the times that there are to a line of the access log.
func (t *Times) append(b []byte) []byte {
	if t.Connected != 0 {
		b = appendSeconds(b, "connect", t.Since(t.Connected))
	}
	if t.Answered != 0 {
		b = appendSeconds(b, "answer", t.Since(t.Answered))
	}
	b = appendSeconds(b, "took", t.Since(t.Ended))
	if t.Taken != 0 {
		b = appendSeconds(b, "taken", t.Since(t.Taken))
	}
	return b
}
