package proxy

import (
	"crypto/tls"
	"sync/atomic"
	"time"

	"elbow/internal/balance"
	"elbow/internal/metrics"
	"elbow/internal/overload"
	"elbow/internal/upstream"
)

// A Config is what a listener does. It is immutable once published; an
// exchange loads it once and uses it to its end.
type Config struct {
	// LoadBalancer and Port label metrics and the access log.
	LoadBalancer string
	Port         int

	// Certificate chooses the key pair of a handshake; nil serves plain HTTP.
	// Whether a listener speaks TLS is settled by its first Config.
	Certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)

	// Sessions are the keys to what clients keep for their next connection; nil:
	// they last no longer than the listener. Those of QUIC are settled when its
	// port is opened.
	Sessions *Sessions

	// RedirectPort, if not 0, makes this a listener that answers every request
	// with a redirect to https on that port and forwards none.
	RedirectPort int

	// KeepForwardedFor leaves X-Forwarded-For as the client has sent it. Else the address
	// of the client is added to it.
	KeepForwardedFor bool

	Backends  []*Backend        // in the order of the group's members
	Scheduler balance.Scheduler // over the members of Backends
	Sticky    balance.Sticky    // nil: no stickiness

	// Protocol is what the backends are spoken to in.
	Protocol Protocol

	// IdleTimeout is how long a client connection may wait for its next
	// request. 0 means 15s, the default of the API.
	IdleTimeout time.Duration

	// RequestTimeout is how long a backend may take from the last byte of the
	// request to the end of the response head; then the client gets 504. 0
	// means 60s, the default of the API.
	RequestTimeout time.Duration
}

// A Protocol is a version of HTTP, without TLS, that backends are spoken to in.
type Protocol uint8

const (
	Auto  Protocol = iota // HTTP/2 for calls of gRPC, HTTP/1.1 for everything else
	HTTP1                 // HTTP/1.1 for everything
	H2C                   // HTTP/2 by prior knowledge (RFC 9113, 3.3) for everything
)

// A Backend is one server that exchanges go to. It outlives configs: as long
// as the address stays the same its connections, its health and its count of
// active exchanges do.
type Backend struct {
	ID      string // as metrics, access log and API name it
	Member  *balance.Member
	Pool    *upstream.Pool
	Address string // IP:port

	proxy    *Proxy
	gate     overload.Gate    // counts in Member.Active
	queued   atomic.Uint64    // exchanges that found no place at once
	busy     overload.Episode // of exchanges that got none
	stalls   stalls           // of exchanges that have one
	standing overload.Episode // of clients that stood still and had to make room
	counts   *metrics.Instance[backendCounts]
	expired  atomic.Bool // it was removed, and exchanges with it have been cut
}

// idleTimeout is IdleTimeout with its default.
func (c *Config) idleTimeout() time.Duration {
	if c.IdleTimeout > 0 {
		return c.IdleTimeout
	}
	return DefaultIdleTimeout
}

// requestTimeout is RequestTimeout with its default.
func (c *Config) requestTimeout() time.Duration {
	if c.RequestTimeout > 0 {
		return c.RequestTimeout
	}
	return DefaultRequestTimeout
}
