//go:build !linux

package tcp

import "golang.org/x/sys/unix"

// Gone reports whether the client has disconnected. Only on Linux can a half-close be
// seen without reading.
func (c *Conn) Gone() bool {
	gone := false
	err := c.Wire.Control(func(fd uintptr) {
		p := [1]unix.PollFd{{Fd: int32(fd)}}
		n, err := unix.Poll(p[:], 0)
		gone = err == nil && n > 0 && p[0].Revents&(unix.POLLHUP|unix.POLLERR) != 0
	})
	return gone || err != nil
}
