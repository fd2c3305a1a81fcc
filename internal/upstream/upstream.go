// Package upstream keeps connections to one backend. It knows how to dial and
// when a connection may be used again; it does not know why a backend was
// chosen. What is spoken on a connection is its owner's business, but for HTTP/2,
// where many exchanges share one: their owners see streams. Start reading at
// Pool.Get and Pool.OpenStream.
package upstream
