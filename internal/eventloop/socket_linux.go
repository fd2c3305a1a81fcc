package eventloop

import (
	"fmt"
	"net/netip"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// A Socket is the socket of a listener, outside of the runtime's poller: Loops watch
// it. Open must be called first.
type Socket struct {
	FD int

	once   sync.Once
	closed chan struct{} // closed by Shut
}

// Open uses the socket for the address that inherit returns, of an older process, or
// opens one. The network is tcp or udp. inherit may be nil. bind sets the options of a
// new socket and binds it.
func (s *Socket) Open(network string, addr netip.AddrPort, inherit func(string, netip.AddrPort) (*os.File, bool), bind func(fd int, addr netip.AddrPort) error) error {
	s.closed = make(chan struct{})
	if inherit != nil {
		if f, ok := inherit(network, addr); ok {
			defer f.Close() // a duplicate
			return s.copy(f)
		}
	}
	kind := unix.SOCK_STREAM
	if network == "udp" {
		kind = unix.SOCK_DGRAM
	}
	fd, e := NewFD(Family(addr), kind)
	if e != 0 {
		return os.NewSyscallError("socket", e)
	}
	if err := bind(fd, addr); err != nil {
		CloseFD(fd) // it was not used
		return fmt.Errorf("listen on %s: %w", addr, err)
	}
	s.FD = fd
	return nil
}

// copy duplicates the socket of f for s. The older process still uses the socket, so it
// must stay non-blocking, which Fd would change.
func (s *Socket) copy(f *os.File) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	ctl := raw.Control(func(fd uintptr) { s.FD, err = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0) })
	if ctl != nil {
		return ctl
	}
	return os.NewSyscallError("dup", err)
}

// Bind binds a socket to an address.
func Bind(fd int, addr netip.AddrPort) error {
	var to unix.Sockaddr = &unix.SockaddrInet6{Port: int(addr.Port()), Addr: addr.Addr().As16()}
	if ip := addr.Addr().Unmap(); ip.Is4() {
		to = &unix.SockaddrInet4{Port: int(addr.Port()), Addr: ip.As4()}
	}
	return os.NewSyscallError("bind", unix.Bind(fd, to))
}

// Address returns the address that the socket is bound to.
func (s *Socket) Address() netip.AddrPort {
	name, err := unix.Getsockname(s.FD)
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

// After calls do when begun is closed, at once if it is, and never if Shut is called
// before.
func (s *Socket) After(begun <-chan struct{}, do func()) {
	select {
	case <-begun:
		do()
		return
	default:
	}
	go func() { // ends when the process may begin, or with the listener
		select {
		case <-begun:
			do()
		case <-s.closed:
		}
	}()
}

// Shut signals that no loop may watch the socket any more.
func (s *Socket) Shut() { s.once.Do(func() { close(s.closed) }) }

// IsShut reports whether Shut was called.
func (s *Socket) IsShut() bool {
	select {
	case <-s.closed:
		return true
	default:
		return false
	}
}

// Close closes the socket, which no loop watches any more.
func (s *Socket) Close() { _ = unix.Close(s.FD) } // closed once

// Duplicate returns a copy for another process.
func (s *Socket) Duplicate() (*os.File, error) {
	fd, err := unix.FcntlInt(uintptr(s.FD), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("dup", err)
	}
	return os.NewFile(uintptr(fd), "socket"), nil
}
