// Package proxy is the data plane: it takes a Config and gives traffic. It
// knows neither the API nor the store, so that traffic goes on when they are
// gone. Start reading at Listener, then exchange.serve.
package proxy

import (
	"crypto/tls"
	"time"

	"elbow/internal/balance"
	"elbow/internal/upstream"
)

// A Config is what a listener does. It is immutable once published; an
// exchange loads it once and uses it to its end.
type Config struct {
	// LoadBalancer and Port label metrics and the access log.
	LoadBalancer string
	Port         int

	// Certificate chooses the key pair of a handshake; nil serves plain HTTP.
	Certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)

	// RedirectPort, if not 0, makes this a listener that answers every request
	// with a redirect to https on that port and forwards none.
	RedirectPort int

	Backends  []*Backend        // in the order of the group's members
	Scheduler balance.Scheduler // over the members of Backends
	Sticky    balance.Sticky    // nil: no stickiness

	IdleTimeout    time.Duration
	RequestTimeout time.Duration
}

// A Backend is one server that exchanges go to. It outlives configs: as long
// as the address stays the same its connections, its health and its count of
// active exchanges do.
type Backend struct {
	ID      string // as metrics, access log and API name it
	Member  *balance.Member
	Pool    *upstream.Pool
	Address string // IP:port
}
