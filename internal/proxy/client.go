package proxy

import "elbow/internal/upstream"

// A clientSide is the client's side of an exchange in the version of HTTP that
// the client speaks. The request comes out of it, the answer goes into it; what
// lies between is the same for all versions.
type clientSide interface {
	// proto is the version as the access log has it.
	proto() string

	// head reads the request head into x.req.
	head() *Fault

	// early appends the body of the request to dst, if all of it has come with
	// the head, and reports whether there is none left to come.
	early(dst []byte) (_ []byte, whole bool)

	// pass passes the rest of the body on, to its end. It runs in the goroutine
	// of the upload.
	pass(u *upload) *Fault

	// interrupt ends a pass or carryUp that waits for the client.
	interrupt()

	// bind says what of the backend is to be closed if the client leaves, and
	// reports whether it has not left yet. unbind ends that and reports whether
	// it has not been closed.
	bind(up *upstream.Grip) bool
	unbind() bool

	// retire asks the client to open no more requests on its connection, where it can
	// be asked before its answer is there.
	retire()

	// gone reports whether the client has left.
	gone() bool

	// interim passes x.resp, a 1xx head, on.
	interim() *Fault

	// begin assembles the final head out of x.resp. mayKeep tells that nothing
	// but that head speaks against another request on the same connection.
	// Nothing leaves before deliver.
	begin(mayKeep bool) *Fault

	// deliver sends b[from:to], a piece of the body, after the head if that has
	// not left yet. There are headRoom free bytes before from and tailRoom
	// after to.
	deliver(b []byte, from, to int, last bool) *Fault

	// swift reports whether the client took what was delivered last at once, and
	// would take more of it at a time.
	swift() bool

	// taken waits until the client has taken a long answer, or returns the Fault of
	// one that does not.
	taken() *Fault

	// breakOff makes sure that the client takes an answer of which part has
	// been sent for cut off.
	breakOff()

	// switched passes on that the backend has agreed to another protocol. From
	// then on carryUp carries what the client sends to the tunnel, to its end;
	// carry sends to the client, and closeWrite ends that direction.
	switched() *Fault
	carryUp(t *tunnel) *Fault
	carry(p []byte) *Fault
	closeWrite() *Fault
}
