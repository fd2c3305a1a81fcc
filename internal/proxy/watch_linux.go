package proxy

import "golang.org/x/sys/unix"

// gone reports whether the client has closed its side or vanished, without
// reading: what it has sent stays where it is. A client that has half-closed
// its connection counts as gone, as it does for nginx, because TLS clients do
// that only when they leave.
func (c *conn) gone() bool {
	gone := false
	err := c.wire.Control(func(fd uintptr) {
		p := [1]unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
		n, err := unix.Poll(p[:], 0)
		gone = err == nil && n > 0 && p[0].Revents&(unix.POLLRDHUP|unix.POLLHUP|unix.POLLERR) != 0
	})
	return gone || err != nil
}
