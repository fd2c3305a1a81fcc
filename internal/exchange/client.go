package exchange

import "elbow/internal/upstream"

// A ClientSide is the client's side of an exchange in the version of HTTP that
// the client speaks. The request comes out of it, the answer goes into it; what
// lies between is the same for all versions.
type ClientSide interface {
	// Proto is the version as the access log has it.
	Proto() string

	// Head reads the request head into x.req.
	Head() *Fault

	// Early appends the body of the request to dst, if all of it has come with
	// the head, and reports whether there is none left to come.
	Early(dst []byte) (_ []byte, whole bool)

	// Pass passes the rest of the body on, to its end. It runs in the goroutine
	// of the upload.
	Pass(u *Upload) *Fault

	// Interrupt ends a pass or carryUp that waits for the client.
	Interrupt()

	// Bind says what of the backend is to be closed if the client leaves, and
	// reports whether it has not left yet. unbind ends that and reports whether
	// it has not been closed.
	Bind(up *upstream.Grip) bool
	Unbind() bool

	// Retire asks the client to open no more requests on its connection, where it can
	// be asked before its answer is there.
	Retire()

	// Gone reports whether the client has left.
	Gone() bool

	// Interim passes x.resp, a 1xx head, on.
	Interim() *Fault

	// Begin assembles the final head out of x.resp. mayKeep tells that nothing
	// but that head speaks against another request on the same connection.
	// Nothing leaves before deliver.
	Begin(mayKeep bool) *Fault

	// Deliver sends b[from:to], a piece of the body, after the head if that has
	// not left yet. There are headRoom free bytes before from and tailRoom
	// after to.
	Deliver(b []byte, from, to int, last bool) *Fault

	// Swift reports whether the client took what was delivered last at once, and
	// would take more of it at a time.
	Swift() bool

	// Taken waits until the client has taken a long answer, or returns the Fault of
	// one that does not.
	Taken() *Fault

	// BreakOff makes sure that the client takes an answer of which part has
	// been sent for cut off.
	BreakOff()

	// Switched passes on that the backend has agreed to another protocol. From
	// then on carryUp carries what the client sends to the tunnel, to its end;
	// carry sends to the client, and closeWrite ends that direction.
	Switched() *Fault
	CarryUp(t *Tunnel) *Fault
	Carry(p []byte) *Fault
	CloseWrite() *Fault
}
