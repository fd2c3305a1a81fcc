// Package socket is a TCP connection for the data plane, over the runtime's
// poller. It knows nothing of the protocol on it. It differs from net.TCPConn in
// four respects, each of which shows in the CPU time of a request or in the
// memory of a connection:
//
// Deadlines are set lazily: setting one in the runtime costs as much as a system
// call, so the armed time may be earlier than the deadline.
//
// A read may get its buffer only when there is something to read, so that a
// waiting goroutine holds none.
//
// System calls do not enter the scheduler, because they cannot block on a
// non-blocking socket.
//
// A connection that is idle can be parked in a Lot, where it has no goroutine.
//
// Start reading at Conn.
package socket

import (
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
)

// A Conn is one TCP connection. One goroutine may read while another one
// writes; Interrupt and Close may be called from any.
type Conn struct {
	tcp *net.TCPConn
	raw syscall.RawConn

	lot   *Lot // nil: it cannot be parked
	place place

	interrupted atomic.Bool // reads end with ErrInterrupted

	// Owned by the reading goroutine.
	reading  deadline
	into     []byte // buffer of the Read in flight
	got      int
	readErr  error
	readOnce func(fd uintptr) bool // tryRead, bound once: a bound method allocates

	writer // owned by the writing goroutine

	asked   bool                  // of the Ask in flight: p has been written
	look    bool                  // read before writing
	stray   [1]byte               // read by that, discarded
	askOnce func(fd uintptr) bool // tryAsk
}

// ErrInterrupted ends reads after Interrupt.
var ErrInterrupted error = interruption{}

// An interruption is a net.Error that is Temporary: crypto/tls would return any
// other read error forever, also after Resume.
type interruption struct{}

func (interruption) Error() string   { return "interrupted" }
func (interruption) Timeout() bool   { return false }
func (interruption) Temporary() bool { return true }

// Init initializes c for the connection tcp, without deadlines. It may
// be parked in lot; nil: it is never parked.
func (c *Conn) Init(tcp *net.TCPConn, lot *Lot) error {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return err
	}
	c.tcp, c.raw, c.lot = tcp, raw, lot
	c.reading.set, c.writing.set = tcp.SetReadDeadline, tcp.SetWriteDeadline
	return nil
}

// Descriptor is the number of the file descriptor, 0 if the connection is closed.
func (c *Conn) Descriptor() (fd uintptr) {
	_ = c.raw.Control(func(number uintptr) { fd = number }) // fails only if closed
	return fd
}

// ReadBy makes reads end at due, 0 for never, with os.ErrDeadlineExceeded. It
// does not affect a read in flight.
func (c *Conn) ReadBy(due Instant) { c.reading.due = due }

// Read implements io.Reader: it reads once, waiting for something to read.
func (c *Conn) Read(p []byte) (int, error) {
	if c.readOnce == nil {
		c.readOnce = c.tryRead
	}
	c.into = p
	if err := c.WhenReadable(c.readOnce); err != nil {
		return 0, err
	}
	c.into = nil
	if c.got == 0 && c.readErr == nil && len(p) > 0 {
		return 0, io.EOF
	}
	return c.got, c.readErr
}

func (c *Conn) tryRead(fd uintptr) bool {
	c.got, c.readErr = ReadFD(fd, c.into)
	return c.readErr != syscall.EAGAIN
}

// WhenReadable calls try, which reads with ReadFD, until it returns true, waiting
// each time until the socket is readable. It is called at least once.
func (c *Conn) WhenReadable(try func(fd uintptr) bool) error {
	if err := c.reading.arm(); err != nil {
		return err
	}
	for {
		// After arming, so that an interruption is either seen here or has its
		// own deadline in force.
		if c.interrupted.Load() {
			return ErrInterrupted
		}
		err := c.raw.Read(try)
		if err == nil {
			return nil
		}
		if c.interrupted.Load() {
			return ErrInterrupted
		}
		if !c.reading.again(err) {
			return bare(err)
		}
	}
}

// Interrupt ends the read in flight, and all later ones until Resume, with
// ErrInterrupted.
func (c *Conn) Interrupt() {
	c.interrupted.Store(true)
	_ = c.tcp.SetReadDeadline(epoch) // fails only if already closed
	c.leave(ErrInterrupted)
}

// Resume ends an interruption. It must be called by the reading goroutine, before
// ReadBy, and reports whether there was one.
func (c *Conn) Resume() bool {
	if !c.interrupted.Swap(false) {
		return false
	}
	c.reading.armed = -1 // it is unknown which of the two set it last
	return true
}

// Write writes all of p, waiting for room.
func (c *Conn) Write(p []byte) (int, error) { return c.writer.write(c.raw, p) }

// bare removes the net.OpError around a timeout: crypto/tls returns every read
// error forever unless it is Temporary, which the bare one is.
func bare(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return os.ErrDeadlineExceeded
	}
	return err
}

// Unacked returns how many bytes written were not acknowledged by the peer's TCP;
// the FIN of CloseWrite counts as one. After a reset it does not change. It is 0 where
// the system is not Linux.
func (c *Conn) Unacked() (int, error) { return unacked(c.raw) }

// Control calls f with the file descriptor.
func (c *Conn) Control(f func(fd uintptr)) error { return c.raw.Control(f) }

// Close closes the connection; reads and writes in flight fail.
func (c *Conn) Close() error {
	err := c.tcp.Close()
	c.leave(net.ErrClosed)
	return err
}

// CloseWrite half-closes the connection: the peer reads the end.
func (c *Conn) CloseWrite() error { return c.tcp.CloseWrite() }

// Reset closes the connection with RST, so that the peer gets an error, not an
// end.
func (c *Conn) Reset() error {
	_ = c.tcp.SetLinger(0) // if it fails, Close sends FIN
	return c.Close()
}

// LocalAddr returns the address of this side.
func (c *Conn) LocalAddr() net.Addr { return c.tcp.LocalAddr() }

// RemoteAddr returns the address of the other side.
func (c *Conn) RemoteAddr() net.Addr { return c.tcp.RemoteAddr() }
