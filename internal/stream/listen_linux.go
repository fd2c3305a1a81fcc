package stream

import (
	"net/netip"
	"os"

	"elbow/internal/eventloop"

	"golang.org/x/sys/unix"
)

// A listenSocket is a listening socket.
type listenSocket struct{ eventloop.Socket }

// backlog is the length of the accept queue; the kernel has a bound of its own,
// net.core.somaxconn.
const backlog = 1 << 16

// open uses the socket of an older process, or opens one.
func (s *listenSocket) open(of *Streams, addr netip.AddrPort) error {
	return s.Open("tcp", addr, of.inherit, listenOn)
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
	if err := eventloop.Bind(fd, addr); err != nil {
		return err
	}
	return os.NewSyscallError("listen", unix.Listen(fd, backlog))
}
