package stream

import (
	"net/netip"
	"syscall"
	"unsafe"

	"elbow/internal/eventloop"

	"golang.org/x/sys/unix"
)

// These system calls are made without notifying the scheduler, as in package socket:
// on non-blocking descriptors they return in microseconds.

// accept accepts one connection. It skips clients that have already disconnected; the
// error is EAGAIN if there are no more.
func accept(fd int) (conn int, client netip.AddrPort, err syscall.Errno) {
	var name unix.RawSockaddrInet6
	for {
		n := uint32(unix.SizeofSockaddrInet6)
		c, _, e := syscall.RawSyscall6(syscall.SYS_ACCEPT4, uintptr(fd), uintptr(unsafe.Pointer(&name)), uintptr(unsafe.Pointer(&n)), unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, 0)
		switch e {
		case 0:
			return int(c), eventloop.AddrPort(&name), 0
		case unix.EINTR, unix.ECONNABORTED, unix.EPROTO:
			continue
		default:
			return -1, netip.AddrPort{}, e
		}
	}
}

// setOption sets an option whose value is a number.
func setOption(fd, level, name int, value int32) {
	// An error is ignored: the connection works without the option.
	_, _, _ = syscall.RawSyscall6(syscall.SYS_SETSOCKOPT, uintptr(fd), uintptr(level), uintptr(name), uintptr(unsafe.Pointer(&value)), unsafe.Sizeof(value), 0)
}

// pendingError returns the result of an attempt to connect.
func pendingError(fd int) syscall.Errno {
	var value int32
	n := uint32(unsafe.Sizeof(value))
	if _, _, e := syscall.RawSyscall6(syscall.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_ERROR, uintptr(unsafe.Pointer(&value)), uintptr(unsafe.Pointer(&n)), 0); e != 0 {
		return e
	}
	return syscall.Errno(value)
}

// shutWrite half-closes a connection.
func shutWrite(fd int) {
	_, _, _ = syscall.RawSyscall(syscall.SYS_SHUTDOWN, uintptr(fd), unix.SHUT_WR, 0) // reads report errors
}

// splice moves up to n bytes between a pipe and a socket.
func splice(from, to, n int) (int, syscall.Errno) {
	for {
		m, _, e := syscall.RawSyscall6(syscall.SYS_SPLICE, uintptr(from), 0, uintptr(to), 0, uintptr(n), unix.SPLICE_F_NONBLOCK|unix.SPLICE_F_MOVE)
		switch e {
		case 0:
			return int(m), 0
		case unix.EINTR:
		default:
			return 0, e
		}
	}
}

// reset has the kernel send RST instead of FIN when fd is closed.
func reset(fd int) {
	value := unix.Linger{Onoff: 1}
	_, _, _ = syscall.RawSyscall6(syscall.SYS_SETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_LINGER, uintptr(unsafe.Pointer(&value)), unsafe.Sizeof(value), 0) // if not, it is closed
}
