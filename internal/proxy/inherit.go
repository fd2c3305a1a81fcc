package proxy

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"

	"elbow/internal/datagram"
	"elbow/internal/overload"
)

// This file opens the sockets of listeners: in a takeover, those that were inherited from
// the older process.

// A socketName is the key of an inherited socket.
type socketName struct {
	network string
	address netip.AddrPort
}

func byName(all []Socket) map[socketName]Socket {
	m := make(map[socketName]Socket, len(all))
	for _, s := range all {
		m[socketName{s.Network, s.Address}] = s
	}
	return m
}

// Inherit removes and returns the inherited socket for an address, if there is one.
func (h *Handover) Inherit(network string, address netip.AddrPort) (*os.File, bool) {
	s, ok := h.inherit(network, address)
	return s.File, ok
}

// inherit removes and returns an inherited socket.
func (h *Handover) inherit(network string, addr netip.AddrPort) (Socket, bool) {
	name := socketName{network, addr}
	h.mu.Lock()
	defer h.mu.Unlock()
	s, ok := h.inherited[name]
	delete(h.inherited, name)
	return s, ok
}

func (s *Socket) close() {
	_ = s.File.Close() // a duplicate
	for _, r := range s.Routes {
		_ = r.File.Close() // a duplicate
	}
}

// listenTCP returns the inherited socket for addr or opens one.
func (h *Handover) listenTCP(addr netip.AddrPort) (tcp *net.TCPListener, raw syscall.RawConn, err error) {
	if err := h.files.Claim(overload.TCPDescriptors, 0); err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			h.files.Release(overload.TCPDescriptors, 0)
		}
	}()
	if tcp, err = h.openTCP(addr); err != nil {
		return nil, nil, err
	}
	if raw, err = tcp.SyscallConn(); err != nil {
		_ = tcp.Close() // it was not used
	}
	return tcp, raw, err
}

func (h *Handover) openTCP(addr netip.AddrPort) (*net.TCPListener, error) {
	s, ok := h.inherit("tcp", addr)
	if !ok {
		return listen(addr)
	}
	defer s.close()
	l, err := net.FileListener(s.File) // a duplicate
	if err != nil {
		return nil, err
	}
	tcp, ok := l.(*net.TCPListener)
	if !ok {
		_ = l.Close() // it is not used
		return nil, fmt.Errorf("the inherited socket is a %T", l)
	}
	return tcp, nil
}

// listenUDP returns the inherited socket for addr or opens one. An inherited socket is
// not read before Begin.
func (h *Handover) listenUDP(addr netip.AddrPort) (d *datagram.Socket, err error) {
	if err := h.files.Claim(overload.QUICDescriptors, overload.QUICDescriptors); err != nil {
		return nil, err
	}
	if d, err = h.openUDP(addr); err != nil {
		h.files.Release(overload.QUICDescriptors, overload.QUICDescriptors)
		return nil, err
	}
	d.OnClose(func() { h.files.Release(overload.QUICDescriptors, overload.QUICDescriptors) })
	return d, nil
}

func (h *Handover) openUDP(addr netip.AddrPort) (*datagram.Socket, error) {
	s, ok := h.inherit("udp", addr)
	if !ok {
		udp, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(addr))
		if err != nil {
			return nil, err
		}
		return datagram.NewSocket(udp, h.source()), nil
	}
	defer s.close()
	c, err := net.FilePacketConn(s.File) // a duplicate
	if err != nil {
		return nil, err
	}
	udp, ok := c.(*net.UDPConn)
	if !ok {
		_ = c.Close() // it is not used
		return nil, fmt.Errorf("the inherited socket is a %T", c)
	}
	d := datagram.NewSocket(udp, h.source())
	if err := d.InheritRoutes(s.Routes); err != nil {
		_ = d.Close() // it was not used
		return nil, err
	}
	return d, nil
}

// source returns where a new UDP socket reads from.
func (h *Handover) source() uint32 {
	select {
	case <-h.begun:
		return datagram.FromSocket
	default:
		return datagram.FromNone
	}
}
