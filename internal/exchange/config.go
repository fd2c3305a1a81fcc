package exchange

import (
	"time"

	"elbow/internal/balance"
)

// A Config is what a listener does with exchanges. It is immutable once published;
// an exchange loads it once and uses it to its end.
type Config struct {
	// LoadBalancer and Port label metrics and the access log.
	LoadBalancer string
	Port         int

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

// IdlePatience is IdleTimeout with its default.
func (c *Config) IdlePatience() time.Duration {
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
