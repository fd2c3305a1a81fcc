// Package upstream keeps connections to one backend. It knows how to dial and
// when a connection may be reused; it does not know why a backend was chosen. The
// owner of a connection speaks the protocol on it, except for HTTP/2, where many
// exchanges share a connection and each owns a stream. Start reading at Pool.Get
// and Pool.OpenStream.
package upstream
