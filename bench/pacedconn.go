//go:build linux

package main

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	pacedRequest = "GET /100 HTTP/1.1\r\nHost: " + serverName + "\r\n\r\n"
	pacedStatus  = "HTTP/1.1 200 "
	pacedBody    = 100 // bytes of smallBody
)

// A pacedConn is a connection of an open loop, with at most one request in
// flight.
type pacedConn struct {
	fd    int
	tls   *tls.Conn     // nil: messages over TCP alone
	text  [4 << 10]byte // the answer so far
	n     int
	due   time.Duration // instant at which the request in flight was due
	freed time.Duration // instant of the last answer
}

// dialPaced connects, performs the TLS handshake unless plain, and makes one request, all
// of it blocking. From then on no call on the connection blocks.
func dialPaced(address string, plain bool) (*pacedConn, error) {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	c := &pacedConn{fd: fd}
	if !plain {
		c.tls = tls.Client(socketConn{fd: fd}, clientTLS)
	}
	if err := c.warm(to); err != nil {
		_ = unix.Close(fd) // connecting has failed already
		return nil, err
	}
	return c, nil
}

func (c *pacedConn) warm(to netip.AddrPort) error {
	if err := unix.Connect(c.fd, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}); err != nil {
		return err
	}
	if err := unix.SetsockoptInt(c.fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return err
	}
	// With a timeout, an unexpected answer does not block the generator for ever.
	patience := unix.NsecToTimeval(pacedPatience.Nanoseconds())
	if err := unix.SetsockoptTimeval(c.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &patience); err != nil {
		return err
	}
	if err := c.ask(); err != nil {
		return err
	}
	if complete, err := c.read(); err != nil || !complete {
		return cmp.Or(err, errors.New("the first request had no answer"))
	}
	return unix.SetNonblock(c.fd, true)
}

// ask sends a request. It fits into the socket's buffer.
func (c *pacedConn) ask() error {
	if c.tls == nil {
		var message [messageSize]byte
		message[0] = kindEcho
		_, err := socketConn{fd: c.fd}.Write(message[:])
		return err
	}
	_, err := c.tls.Write([]byte(pacedRequest))
	return err
}

// read reads until the answer is complete or no more bytes are available.
func (c *pacedConn) read() (complete bool, err error) {
	if c.tls == nil {
		return c.readMessage()
	}
	for {
		n, err := c.tls.Read(c.text[c.n:])
		if errors.Is(err, errNothingYet) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		c.n += n
		if c.n >= len(pacedStatus) && !bytes.HasPrefix(c.text[:], []byte(pacedStatus)) {
			return false, fmt.Errorf("answer %q", c.text[:c.n])
		}
		head := bytes.Index(c.text[:c.n], []byte("\r\n\r\n"))
		if head < 0 || c.n < head+4+pacedBody {
			continue
		}
		if c.n > head+4+pacedBody {
			return false, fmt.Errorf("answer %q", c.text[:c.n])
		}
		c.n = 0
		return true, nil
	}
}

// readMessage reads until an echo is complete or no more bytes are available.
func (c *pacedConn) readMessage() (complete bool, err error) {
	for c.n < messageSize {
		n, err := socketConn{fd: c.fd}.Read(c.text[c.n:])
		if errors.Is(err, errNothingYet) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		c.n += n
	}
	if c.n > messageSize || c.text[0] != kindEcho {
		return false, fmt.Errorf("answer %q", c.text[:c.n])
	}
	c.n = 0
	return true, nil
}

// errNothingYet is the error of a socketConn that would block. crypto/tls keeps a partial
// record if the error is temporary.
var errNothingYet net.Error = nothingYet{}

type nothingYet struct{}

func (nothingYet) Error() string   { return "nothing to read yet" }
func (nothingYet) Timeout() bool   { return true }
func (nothingYet) Temporary() bool { return true }

// A socketConn implements net.Conn on a descriptor, without Go's poller.
type socketConn struct {
	net.Conn // nil: crypto/tls calls only the methods below
	fd       int
}

func (c socketConn) Read(p []byte) (int, error) {
	n, err := uninterrupted(unix.Read, c.fd, p)
	switch {
	case err == unix.EAGAIN:
		return 0, errNothingYet
	case err != nil:
		return 0, os.NewSyscallError("read", err)
	case n == 0:
		return 0, errors.New("closed by the balancer")
	}
	return n, nil
}

func (c socketConn) Write(p []byte) (int, error) {
	n, err := uninterrupted(unix.Write, c.fd, p)
	if err == nil && n < len(p) {
		err = errors.New("socket full")
	}
	return max(n, 0), os.NewSyscallError("write", err)
}

// uninterrupted repeats a call that a signal interrupted before it did anything (EINTR):
// the runtime interrupts its threads with SIGURG.
func uninterrupted(call func(int, []byte) (int, error), fd int, p []byte) (int, error) {
	for {
		if n, err := call(fd, p); err != unix.EINTR {
			return n, err
		}
	}
}

// epollWait calls epoll_pwait2(2), since epoll_wait counts in milliseconds.
func epollWait(epoll int, events []unix.EpollEvent, d time.Duration) (int, error) {
	timeout := unix.NsecToTimespec(d.Nanoseconds())
	n, _, errno := unix.Syscall6(unix.SYS_EPOLL_PWAIT2, uintptr(epoll), uintptr(unsafe.Pointer(&events[0])),
		uintptr(len(events)), uintptr(unsafe.Pointer(&timeout)), 0, 0)
	switch errno {
	case 0:
		return int(n), nil
	case unix.EINTR:
		return 0, nil
	}
	return 0, os.NewSyscallError("epoll_pwait2", errno)
}
