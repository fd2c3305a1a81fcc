package socket

import (
	"errors"
	"syscall"
)

// ErrSpoken says that the other side has closed the connection, or sent
// something, before the request. Nothing has been written.
var ErrSpoken = errors.New("connection ended before the request")

// Ask writes p, to a peer that sends nothing unasked, and then waits until the
// peer sends something, or closes the connection, or the time of ReadBy has come:
// a Read returns which. Ask returns the error of the write.
//
// If look is true it reads first, and returns ErrSpoken if there is something to
// read, including the end. Without that, what arrived before the request is not
// noticed until the time of ReadBy.
//
// A Read after a Write would first try in vain, because the runtime's poller
// resets its readiness when a read begins. Ask resets it before the write, so
// that it can wait at once. With upstream's GetRetryable that is worth 8 % of a
// small request and 6 % of one of 16 KiB.
func (c *Conn) Ask(p []byte, look bool) error {
	if c.askOnce == nil {
		c.askOnce = c.tryAsk
	}
	c.rest, c.asked, c.look, c.writeErr = p, false, look, nil
	_ = c.WhenReadable(c.askOnce) // the Read returns the error again
	if c.writeErr == ErrSpoken {
		c.rest = nil
		return ErrSpoken
	}
	if rest := c.rest; len(rest) > 0 && c.writeErr == nil {
		_, c.writeErr = c.Write(rest)
	}
	c.rest = nil
	return bare(c.writeErr)
}

// tryAsk writes on the first call, and then waits. It ends that wait on the
// second call, or if not all of p was written.
func (c *Conn) tryAsk(fd uintptr) bool {
	if c.asked {
		return true
	}
	c.asked = true
	if c.look { // after the poller was reset, so that what arrives from now on wakes it
		if _, err := ReadFD(fd, c.stray[:]); err != syscall.EAGAIN {
			c.writeErr = ErrSpoken
			return true
		}
	}
	n, err := WriteFD(fd, c.rest)
	c.rest = c.rest[n:]
	if err != nil && err != syscall.EAGAIN {
		c.writeErr = err
	}
	return err != nil || len(c.rest) > 0
}
