package socket

import "golang.org/x/sys/unix"

// Unacked returns how many bytes of what was written the other side's TCP has not
// acknowledged; the end that CloseWrite sends counts as one. After a reset it
// stays as it was.
func (c *Conn) Unacked() (n int, err error) {
	ctl := c.raw.Control(func(fd uintptr) { n, err = unackedFD(fd) })
	if ctl != nil {
		return 0, ctl
	}
	return n, err
}

func unackedFD(fd uintptr) (int, error) { return unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) }
