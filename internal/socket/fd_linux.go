package socket

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The system calls below do not enter the scheduler, as those of package syscall
// do. On a non-blocking socket they return in microseconds, so handing the
// processor to another goroutine gains nothing; but the runtime's monitor takes
// it away from calls that it happens to see in progress, and then two threads
// have to be woken.

// ReadFD reads once from a non-blocking socket. It returns EAGAIN as that; the
// end is 0 without an error.
//
// It uses recvfrom and sendto, because read and write go through the file system
// layer, which takes 0.1 µs more.
func ReadFD(fd uintptr, p []byte) (int, error) { return call(syscall.SYS_RECVFROM, fd, p, 0) }

// WriteFD writes once to a non-blocking socket. n is never negative.
func WriteFD(fd uintptr, p []byte) (int, error) { return writeFD(fd, p, 0) }

func writeFD(fd uintptr, p []byte, flags uintptr) (int, error) {
	return call(syscall.SYS_SENDTO, fd, p, syscall.MSG_NOSIGNAL|flags)
}

// moreFlag says that more will follow soon.
const moreFlag = unix.MSG_MORE

func call(number, fd uintptr, p []byte, flags uintptr) (int, error) {
	for {
		n, _, e := syscall.RawSyscall6(number, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), flags, 0, 0)
		switch e {
		case 0:
			return int(n), nil
		case syscall.EINTR:
		case syscall.EAGAIN:
			return 0, errAgain
		default:
			return 0, e
		}
	}
}

// errAgain is EAGAIN, converted to an error once.
var errAgain error = syscall.EAGAIN

// TurnAway accepts one connection from a listening socket and resets it. It reports
// whether there was one.
func TurnAway(fd uintptr) bool {
	c, _, err := unix.Accept4(int(fd), unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
	if err != nil {
		return false
	}
	reset(c)
	return true
}
