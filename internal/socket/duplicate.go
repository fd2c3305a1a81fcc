package socket

import (
	"os"
	"syscall"
)

// Duplicate returns another descriptor of a socket that is in use. Unlike with
// its File method, whose Fd makes the socket itself blocking, any method of the
// result may be called.
func Duplicate(c syscall.Conn) (*os.File, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	n := -1
	ctl := raw.Control(func(fd uintptr) {
		syscall.ForkLock.RLock()
		defer syscall.ForkLock.RUnlock()
		if n, err = syscall.Dup(int(fd)); err == nil {
			syscall.CloseOnExec(n)
		}
	})
	if ctl != nil {
		return nil, ctl
	}
	if err != nil {
		return nil, os.NewSyscallError("dup", err)
	}
	return os.NewFile(uintptr(n), "socket"), nil
}
