package proxy

import (
	"crypto/tls"

	"elbow/internal/exchange"
)

// A Config is what a listener does. It is immutable once published.
type Config struct {
	exchange.Config // what exchanges follow

	// Certificate chooses the key pair of a handshake; nil serves plain HTTP.
	// Whether a listener speaks TLS is settled by its first Config.
	Certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)

	// NoHTTP3 leaves the UDP port of the listener's number to others. It is settled by
	// the first Config.
	NoHTTP3 bool

	// Sessions are the keys to what clients keep for their next connection; nil:
	// they last no longer than the listener. Those of QUIC are settled when its
	// port is opened.
	Sessions *Sessions
}
