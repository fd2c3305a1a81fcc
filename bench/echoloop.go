//go:build linux

package main

import (
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// An echoLoop sends back what connections send. One thread and epoll cost less
// than a goroutine for each connection, so that more of the core of the load is
// left for messages.
type echoLoop struct{ epoll int }

// newEchoLoop starts a loop; it ends with the process.
func newEchoLoop() (*echoLoop, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	l := &echoLoop{epoll: epoll}
	go l.run()
	return l, nil
}

// add makes the loop serve a connection. The caller closes c: the loop has duplicated the
// descriptor.
func (l *echoLoop) add(c *net.TCPConn) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		var own int
		if own, failed = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0); failed != nil {
			return
		}
		event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(own)}
		if failed = unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, own, &event); failed != nil {
			_ = unix.Close(own) // the loop does not serve it
		}
	})
	if err != nil {
		return err
	}
	return failed
}

func (l *echoLoop) run() {
	events := make([]unix.EpollEvent, 128)
	b := make([]byte, 4<<10)
	for {
		n, err := unix.EpollWait(l.epoll, events, -1)
		if err != nil && err != unix.EINTR {
			return // the clients report the missing answers
		}
		for _, e := range events[:max(n, 0)] {
			if !echoSome(int(e.Fd), b) {
				_ = unix.Close(int(e.Fd)) // the connection has ended
			}
		}
	}
}

// echoSome sends back the bytes that a connection has received. It reports whether the
// connection goes on.
func echoSome(fd int, b []byte) bool {
	n, err := uninterrupted(unix.Read, fd, b)
	if err == unix.EAGAIN {
		return true
	}
	if err != nil || n == 0 {
		return false
	}
	// The socket buffer is never full, since a client waits for each answer.
	m, err := uninterrupted(unix.Write, fd, b[:n])
	return err == nil && m == n
}
