package exchange

import (
	"time"

	"elbow/internal/balance"
)

// A Config determines how a listener handles exchanges. It is immutable once
// published; an exchange loads it once and uses it until it ends.
type Config struct {
	// LoadBalancer and Port label metrics and the access log.
	LoadBalancer string
	Port         int

	// RedirectPort, if not 0, makes the listener answer every request with a redirect to
	// https on that port and forward none.
	RedirectPort int

	// KeepForwardedFor leaves X-Forwarded-For as the client has sent it. Otherwise the
	// address of the client is appended.
	KeepForwardedFor bool

	Backends  []*Backend        // in the order of the group's members
	Scheduler balance.Scheduler // over the members of Backends
	Sticky    balance.Sticky    // nil: no stickiness

	// Protocol is the version of HTTP that is used to the backends.
	Protocol Protocol

	// IdleTimeout is how long a client connection may wait for its next
	// request. 0 means 15s, the default of the API.
	IdleTimeout time.Duration

	// RequestTimeout is how long a backend may take from the last byte of the request to
	// the end of the response head; after that the client gets 504. 0 means 60s, the
	// default of the API.
	RequestTimeout time.Duration
}

// A Protocol is the version of HTTP, without TLS, that is used to the backends.
type Protocol uint8

const (
	Auto  Protocol = iota // HTTP/2 for gRPC calls, HTTP/1.1 for everything else
	HTTP1                 // HTTP/1.1 for everything
	H2C                   // HTTP/2 by prior knowledge (RFC 9113, 3.3) for everything
)

// IdlePatience returns IdleTimeout with its default.
func (c *Config) IdlePatience() time.Duration {
	if c.IdleTimeout > 0 {
		return c.IdleTimeout
	}
	return DefaultIdleTimeout
}

// requestTimeout returns RequestTimeout with its default.
func (c *Config) requestTimeout() time.Duration {
	if c.RequestTimeout > 0 {
		return c.RequestTimeout
	}
	return DefaultRequestTimeout
}
