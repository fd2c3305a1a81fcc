package exchange

import "elbow/internal/upstream"

// A ClientSide is the client's side of an exchange in the version of HTTP that
// the client speaks. The request comes out of it, the answer goes into it; what
// lies between is the same for all versions.
type ClientSide interface {
	// Proto is the version as the access log has it.
	Proto() string

	// Head reads the request head into x.Req.
	Head() *Fault

	// Early appends the body of the request to dst, if all of it has come with
	// the head, and reports whether there is none left to come.
	Early(dst []byte) (_ []byte, whole bool)

	// Pass forwards the rest of the body to its end. It runs in the goroutine of the
	// upload.
	Pass(u *Upload) *Fault

	// Interrupt ends a Pass or CarryUp that waits for the client.
	Interrupt()

	// Bind registers the backend connection or stream that is closed if the client leaves,
	// and reports whether the client is still there. Unbind removes it and reports whether
	// it has not been closed.
	Bind(up *upstream.Grip) bool
	Unbind() bool

	// Retire asks the client to open no more requests on its connection, if its protocol
	// can express that before the answer begins.
	Retire()

	// Gone reports whether the client has left.
	Gone() bool

	// Interim forwards x.Resp, a 1xx head.
	Interim() *Fault

	// Begin assembles the final head from x.Resp. mayKeep reports that nothing except
	// possibly that head prevents another request on the same connection. Nothing is sent
	// before Deliver.
	Begin(mayKeep bool) *Fault

	// Deliver sends b[from:to], a piece of the body, preceded by the head if that has not
	// been sent yet. There are HeadRoom free bytes before from and tailRoom after to.
	Deliver(b []byte, from, to int, last bool) *Fault

	// Swift reports whether the client accepted the last delivery at once and would accept
	// larger ones.
	Swift() bool

	// Taken waits until the client has received a long answer, or returns the Fault of one
	// that does not.
	Taken() *Fault

	// BreakOff ends a partly sent answer in such a way that the client recognizes it as
	// truncated.
	BreakOff()

	// Switched forwards the backend's agreement to another protocol. From then on CarryUp
	// copies what the client sends into the tunnel until it ends, Carry sends to the
	// client, and CloseWrite ends that direction.
	Switched() *Fault
	CarryUp(t *Tunnel) *Fault
	Carry(p []byte) *Fault
	CloseWrite() *Fault
}
