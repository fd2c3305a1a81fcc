package exchange

import "elbow/internal/upstream"

// A backendSide is the backend's side of an exchange in the version of HTTP that
// the backend is spoken to in. The request goes into it, the answer comes out of
// it; what it gives out lies in x.resp, x.back and x.trailers.
type backendSide interface {
	// connect gets what the attempt is made on, and sets x.sent.
	connect() *Fault
	Grip() *upstream.Grip

	// part ends the use of it. relayed tells that the answer has been passed on
	// to its end.
	part(relayed bool)

	// send sends the head and what of the body has come with it, and reports
	// whether that was all. An error of the write is not one of the exchange
	// yet: a backend that closes its reading side may have said why. A Fault means
	// that nothing has been sent.
	send() (whole bool, f *Fault)

	// sendBody sends a piece of the body, buf.b[from:to] of u.flow. It is called
	// by the upload.
	sendBody(u *Upload, from, to int, last bool, trailers []byte) error

	// head reads one head, interim or final, into x.resp.
	head() *Fault

	// payload takes what has come of the body: x.back.buf.b[from:to], with
	// headRoom free bytes before it and tailRoom after. more waits for more of
	// it, or for its end.
	payload() (from, to int, last bool, f *Fault)
	more() *Fault
}
