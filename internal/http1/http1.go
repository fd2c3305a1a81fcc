// Package http1 is the HTTP/1.1 message engine: it reads and writes heads and
// bodies (RFC 9112) on byte slices. It knows no sockets, no TLS, no timeouts and
// no policy; it keeps only offsets and slices of the caller's buffer, and
// allocates nothing once its slices have grown to their size.
//
// It is strict where downstream parsers are known to differ, because a message
// that two parsers read differently allows request smuggling (RFC 9112, 11.2).
// Start reading at Request.Parse, then Head.parseFields.
package http1

// Framing says where a body ends (RFC 9112, 6.3).
type Framing uint8

const (
	NoBody     Framing = iota // the message ends with the head
	Length                    // Content-Length bytes, possibly 0
	Chunked                   // chunked transfer coding
	UntilClose                // a response that ends with its connection
)

// A TargetForm is one of the four forms of a request target (RFC 9112, 3.2).
type TargetForm uint8

const (
	Origin    TargetForm = iota // /path?query
	Absolute                    // http://authority/path?query
	Authority                   // host:port, CONNECT only
	Asterisk                    // *, OPTIONS only
)
