package accesslog

import (
	"time"

	"elbow/internal/socket"
)

// Times are the instants at which an exchange reached its stages.
type Times struct {
	Began     socket.Instant // first byte of the request read
	Connected socket.Instant // backend connection available; 0: never
	Answered  socket.Instant // final response head of the backend received; 0: never
	Ended     socket.Instant // last byte written, or exchange aborted
	Taken     socket.Instant // client has acknowledged a long answer; 0: unknown
}

// Since returns the time from Began to at, 0 if at is 0.
func (t *Times) Since(at socket.Instant) time.Duration {
	if at == 0 {
		return 0
	}
	return at.Sub(t.Began)
}

// append appends the known times to a line of the access log.
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
