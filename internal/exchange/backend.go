package exchange

import "elbow/internal/upstream"

// A backendSide is the backend side of an exchange in one version of HTTP. It takes
// the request and returns the answer in x.Resp, x.back and x.Trailers.
type backendSide interface {
	// connect acquires the connection or stream for the attempt and sets x.sent.
	connect() *Fault
	Grip() *upstream.Grip

	// part releases it. relayed reports that the answer has been forwarded completely.
	part(relayed bool)

	// send sends the head and the part of the body that came with it, and reports whether
	// that was the whole request. A write error does not end the exchange yet: a backend
	// that closes its reading side may have sent an answer that says why. A Fault means
	// that nothing has been sent.
	send() (whole bool, f *Fault)

	// sendBody sends a piece of the body, Buf.B[from:to] of u.Flow. It is called by the
	// upload.
	sendBody(u *Upload, from, to int, last bool, trailers []byte) error

	// head reads one head, interim or final, into x.resp.
	head() *Fault

	// payload returns the body bytes that have arrived: x.back.Buf.B[from:to], with
	// HeadRoom free bytes before and tailRoom after them. It blocks until there are some,
	// or the body ends.
	payload() (from, to int, last bool, f *Fault)
	more() *Fault
}
