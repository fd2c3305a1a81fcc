package udp

import (
	"net/netip"

	"elbow/internal/eventloop"

	"golang.org/x/sys/unix"
)

// A socketOf is the socket of a listener.
type socketOf struct{ eventloop.Socket }

// open uses the socket of an older process, or opens one.
func (s *socketOf) open(of *Relay, addr netip.AddrPort) error {
	return s.Open("udp", addr, of.inherit, bind)
}

func bind(fd int, addr netip.AddrPort) error {
	if addr.Addr().Is6() {
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1) // implied except for ::
	}
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBuffer) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer) // up to net.core.rmem_max
	}
	return eventloop.Bind(fd, addr)
}
