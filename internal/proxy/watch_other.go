//go:build !linux

package proxy

import "golang.org/x/sys/unix"

// gone reports whether the client has vanished. That it has half-closed its
// connection cannot be seen without reading, but on Linux.
func (c *conn) gone() bool {
	gone := false
	err := c.wire.Control(func(fd uintptr) {
		p := [1]unix.PollFd{{Fd: int32(fd)}}
		n, err := unix.Poll(p[:], 0)
		gone = err == nil && n > 0 && p[0].Revents&(unix.POLLHUP|unix.POLLERR) != 0
	})
	return gone || err != nil
}
