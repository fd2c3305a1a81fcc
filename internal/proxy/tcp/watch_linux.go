package tcp

import "golang.org/x/sys/unix"

// Gone reports whether the client has disconnected, without consuming data. A client
// that has only half-closed the connection waits for its answer (RFC 9112, 9.6),
// unless Options.AbortOnClose treats that as having left.
func (c *Conn) Gone() bool {
	events := int16(0)
	if c.AbortOnClose {
		events = unix.POLLRDHUP
	}
	gone := false
	err := c.Wire.Control(func(fd uintptr) {
		p := [1]unix.PollFd{{Fd: int32(fd), Events: events}}
		n, err := unix.Poll(p[:], 0)
		gone = err == nil && n > 0 && p[0].Revents&(unix.POLLRDHUP|unix.POLLHUP|unix.POLLERR) != 0
	})
	return gone || err != nil
}
