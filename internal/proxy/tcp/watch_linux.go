package tcp

import "golang.org/x/sys/unix"

// Gone reports whether the client has vanished, without reading: what it has sent
// stays where it is. One that has closed its sending side alone waits for its answer
// (RFC 9112, 9.6), unless Options.AbortOnClose says that it has left.
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
