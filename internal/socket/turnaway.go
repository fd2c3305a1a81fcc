package socket

import "golang.org/x/sys/unix"

// reset closes a connection so that its peer learns of it at once and nothing
// stays behind.
func reset(fd int) {
	_ = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}) // or it ends in order
	_ = unix.Close(fd)                                                                     // nothing was said on it
}
