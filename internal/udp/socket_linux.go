package udp

import (
	"fmt"
	"net/netip"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// A socketOf is the socket of a listener, outside of the runtime's poller.
type socketOf struct {
	fd     int
	once   sync.Once
	closed chan struct{} // closed when reading must end
}

// open uses the socket of an older process, or opens one.
func (s *socketOf) open(of *Relay, addr netip.AddrPort) error {
	s.closed = make(chan struct{})
	if of.inherit != nil {
		if f, ok := of.inherit("udp", addr); ok {
			defer f.Close() // a duplicate
			return s.copy(f)
		}
	}
	fd, err := unix.Socket(familyOf(addr), unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	if addr.Addr().Is6() {
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1) // implied except for ::
	}
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBuffer) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer) // up to net.core.rmem_max
	}
	if err := unix.Bind(fd, sockaddr(addr)); err != nil {
		_ = unix.Close(fd) // it was not used
		return fmt.Errorf("listen on %s: %w", addr, os.NewSyscallError("bind", err))
	}
	s.fd = fd
	return nil
}

// copy duplicates the socket of f for s; the caller closes f. The older process still
// uses the socket, so it must stay non-blocking, which Fd would change.
func (s *socketOf) copy(f *os.File) error {
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

func familyOf(addr netip.AddrPort) int {
	if addr.Addr().Unmap().Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

func sockaddr(addr netip.AddrPort) unix.Sockaddr {
	if ip := addr.Addr().Unmap(); ip.Is4() {
		return &unix.SockaddrInet4{Port: int(addr.Port()), Addr: ip.As4()}
	}
	return &unix.SockaddrInet6{Port: int(addr.Port()), Addr: addr.Addr().As16()}
}

func (s *socketOf) address() netip.AddrPort {
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

// shut signals that reading must end.
func (s *socketOf) shut() { s.once.Do(func() { close(s.closed) }) }

func (s *socketOf) close() { _ = unix.Close(s.fd) } // no loop watches it any more

// duplicate returns a copy for another process.
func (s *socketOf) duplicate() (*os.File, error) {
	fd, err := unix.FcntlInt(uintptr(s.fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("dup", err)
	}
	return os.NewFile(uintptr(fd), "socket"), nil
}
