package stream

import (
	"fmt"
	"net/netip"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// A listenSocket is a listening socket outside of the runtime's poller: the loops
// watch it.
type listenSocket struct {
	fd     int
	once   sync.Once
	closed chan struct{} // closed when the listener is being closed
}

// backlog is the length of the accept queue; the kernel has a bound of its own,
// net.core.somaxconn.
const backlog = 1 << 16

// open uses the socket of an older process, or opens one.
func (s *listenSocket) open(of *Streams, addr netip.AddrPort) error {
	s.closed = make(chan struct{})
	if of.inherit != nil {
		if f, ok := of.inherit("tcp", addr); ok {
			defer f.Close() // a copy
			return s.copy(f)
		}
	}
	family := unix.AF_INET
	if addr.Addr().Is6() {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	if err := listenOn(fd, addr); err != nil {
		_ = unix.Close(fd) // it was not used
		return fmt.Errorf("listen on %s: %w", addr, err)
	}
	s.fd = fd
	return nil
}

// copy duplicates the socket of f for s; the caller closes f. The older process
// still uses the socket, so it must stay non-blocking, which Fd would change.
func (s *listenSocket) copy(f *os.File) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	ctl := raw.Control(func(fd uintptr) { s.fd, err = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0) })
	if ctl != nil {
		return ctl
	}
	return os.NewSyscallError("dup", err)
}

func listenOn(fd int, addr netip.AddrPort) error {
	// Accepted sockets inherit these options.
	options := []struct{ level, name, value int }{{unix.SOL_SOCKET, unix.SO_REUSEADDR, 1}, {unix.IPPROTO_TCP, unix.TCP_NODELAY, 1}}
	if addr.Addr().Is6() {
		options = append(options, struct{ level, name, value int }{unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1})
	}
	for _, o := range options {
		if err := unix.SetsockoptInt(fd, o.level, o.name, o.value); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	}
	if err := unix.Bind(fd, sockaddr(addr)); err != nil {
		return os.NewSyscallError("bind", err)
	}
	return os.NewSyscallError("listen", unix.Listen(fd, backlog))
}

func sockaddr(addr netip.AddrPort) unix.Sockaddr {
	if ip := addr.Addr().Unmap(); ip.Is4() {
		return &unix.SockaddrInet4{Port: int(addr.Port()), Addr: ip.As4()}
	}
	return &unix.SockaddrInet6{Port: int(addr.Port()), Addr: addr.Addr().As16()}
}

func (s *listenSocket) address() netip.AddrPort {
	name, err := unix.Getsockname(s.fd)
	if err != nil {
		return netip.AddrPort{}
	}
	switch a := name.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr).Unmap(), uint16(a.Port))
	}
	return netip.AddrPort{}
}

// shut signals that the listener is being closed.
func (s *listenSocket) shut() { s.once.Do(func() { close(s.closed) }) }

func (s *listenSocket) close() { _ = unix.Close(s.fd) } // no loop watches it any more

// duplicate returns a copy for another process.
func (s *listenSocket) duplicate() (*os.File, error) {
	fd, err := unix.FcntlInt(uintptr(s.fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("dup", err)
	}
	return os.NewFile(uintptr(fd), "socket"), nil
}
