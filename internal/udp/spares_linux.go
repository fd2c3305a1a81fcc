package udp

import (
	"net/netip"
	"os"
	"syscall"

	"elbow/internal/eventloop"

	"golang.org/x/sys/unix"
)

// spares are unconnected sockets for reuse by sessions, in the epoll set of their
// loop, whose goroutine owns them.
type spares struct {
	loop *eventloop.Loop
	of   map[int][]int // by family
}

// dial connects a spare socket, or a new one.
func (p *spares) dial(to netip.AddrPort) (int, error) {
	family := eventloop.Family(to)
	if spare := p.of[family]; len(spare) > 0 {
		fd := spare[len(spare)-1]
		p.of[family] = spare[:len(spare)-1]
		if eventloop.ConnectFD(fd, to) == 0 {
			return fd, nil
		}
		eventloop.CloseFD(fd)
	}
	fd, e := eventloop.NewFD(family, unix.SOCK_DGRAM)
	if e != 0 {
		return -1, os.NewSyscallError("socket", e)
	}
	if e := eventloop.ConnectFD(fd, to); e != 0 { // EAGAIN: no port is left
		eventloop.CloseFD(fd) // it was not used
		return -1, os.NewSyscallError("connect", e)
	}
	if err := p.loop.Watch(fd, unix.EPOLLIN); err != nil {
		eventloop.CloseFD(fd) // it was not used
		return -1, err
	}
	return fd, nil
}

// recycle makes the socket of an ended session a spare one, and reports whether it
// did. Unread data of its backend is discarded, and later data finds no socket: the
// kernel releases the port on disconnect, and assigns another one on the next connect.
// A new socket costs twice as much.
func (p *spares) recycle(fd, family int) bool {
	if len(p.of[family]) >= keptSockets || !disconnect(fd) {
		return false
	}
	for e := syscall.Errno(0); e != unix.EAGAIN; {
		if e = discard(fd); e != 0 && e != unix.ECONNREFUSED && e != unix.EAGAIN {
			return false
		}
	}
	p.of[family] = append(p.of[family], fd)
	return true
}

// keptSockets is the number of spare sockets of a family that a loop keeps.
const keptSockets = 256

// release closes the spare sockets.
func (p *spares) release() {
	for family, spare := range p.of {
		for _, fd := range spare {
			eventloop.CloseFD(fd)
		}
		delete(p.of, family)
	}
}
