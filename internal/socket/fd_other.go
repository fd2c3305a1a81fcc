//go:build !linux

package socket

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// ReadFD reads once from a non-blocking socket. It returns EAGAIN as that; the
// end is 0 without an error.
func ReadFD(fd uintptr, p []byte) (int, error) { return call(syscall.Read, fd, p) }

// WriteFD writes once to a non-blocking socket. n is never negative.
func WriteFD(fd uintptr, p []byte) (int, error) { return call(syscall.Write, fd, p) }

func writeFD(fd uintptr, p []byte, _ uintptr) (int, error) { return WriteFD(fd, p) }

// moreFlag is 0: there is no such flag.
const moreFlag = 0

func call(system func(fd int, p []byte) (int, error), fd uintptr, p []byte) (int, error) {
	for {
		n, err := system(int(fd), p)
		switch err {
		case nil:
			return n, nil
		case syscall.EINTR:
		default:
			return 0, err
		}
	}
}

// TurnAway accepts one connection from a listening socket and resets it. It reports
// whether there was one.
func TurnAway(fd uintptr) bool {
	syscall.ForkLock.RLock() // a child must not inherit it
	defer syscall.ForkLock.RUnlock()
	c, _, err := unix.Accept(int(fd))
	if err != nil {
		return false
	}
	reset(c)
	return true
}
