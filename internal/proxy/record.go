package proxy

import (
	"time"

	"elbow/internal/socket"
)

// A record is what is known of an exchange when it has ended: the access log and
// the metrics are made of it.
type record struct {
	began     socket.Instant // first byte of the request seen
	connected socket.Instant // a backend connection was there; 0: none
	answered  socket.Instant // the final head of the backend had come; 0: none
	ended     socket.Instant

	status   int   // as the client got it, or would have
	bytesIn  int64 // read from the client, head and body
	bytesOut int64 // written to the client, head and body
	backend  *Backend
	retries  int
	fault    *Fault // nil: the exchange took its course
}

// since returns the time from the beginning to t, 0 if t has not been.
func (r *record) since(t socket.Instant) time.Duration {
	if t == 0 {
		return 0
	}
	return t.Sub(r.began)
}
