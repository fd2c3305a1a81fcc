package socket

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// unacked implements Conn.Unacked.
func unacked(raw syscall.RawConn) (n int, err error) {
	ctl := raw.Control(func(fd uintptr) { n, err = unackedFD(fd) })
	if ctl != nil {
		return 0, ctl
	}
	return n, err
}

// unackedFD is unacked of a file descriptor. Like reads and writes it does not
// enter the scheduler: with two calls for each answer, answers of 1 MiB on kept
// connections took 6 % more CPU time than without any, and take 1 % more.
func unackedFD(fd uintptr) (int, error) {
	var n int32
	if _, _, e := syscall.RawSyscall(syscall.SYS_IOCTL, fd, unix.SIOCOUTQ, uintptr(unsafe.Pointer(&n))); e != 0 {
		return 0, e
	}
	return int(n), nil
}
