package proxy

import (
	"crypto/tls"

	"elbow/internal/exchange"
)

// A Config determines how a listener works. It is immutable once published.
type Config struct {
	exchange.Config // for the exchanges

	// Certificate selects the certificate of a handshake; nil serves plain HTTP. The first
	// Config of a listener determines whether it uses TLS.
	Certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)

	// NoHTTP3 keeps the listener from opening the UDP port of its number. Only the first
	// Config is considered.
	NoHTTP3 bool

	// Sessions are the keys that protect TLS sessions and QUIC tokens; nil: they are valid
	// only as long as the listener exists. QUIC uses those of the Config in effect when
	// its port is opened.
	Sessions *Sessions
}
