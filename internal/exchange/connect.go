package exchange

import (
	"errors"
	"os"
	"syscall"
)

// connect gets a connection to the chosen backend: one that waits in its pool,
// or a new one.
func (x *Exchange) connect() *Fault {
	if f := x.Via.connect(); f != nil {
		return f
	}
	x.Record.Connected = x.sent
	if !x.client.Bind(x.Via.Grip()) {
		return ClientGone(OpConnect)
	}
	return nil
}

// connectFault is the Fault of a backend that took no connection, or of this machine
// that could make none.
func connectFault(err error) *Fault {
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOBUFS) {
		return &Fault{Side: Self, Op: OpConnect, Status: 503, Err: err}
	}
	f := &Fault{Side: Upstream, Op: OpConnect, Status: 502, Retry: Elsewhere, Err: err}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		f.Status = 504
	}
	return f
}
