package proxy

import (
	"crypto/rand"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"syscall"

	"elbow/internal/datagram"
	"elbow/internal/overload"
	"elbow/internal/socket"
)

// In a takeover a process hands the sockets of its listeners to the next process of its
// node. The two perform these steps:
//
//	older                      newer
//	Sockets                    New with Options.Inherited
//	                           Listen, which takes the sockets it finds there
//	Pause
//	                           Begin
//	Listener.Yield for all
//
// If the newer one fails before Begin, the older one calls Resume instead of Yield.

// A Socket is an open socket of a listener, received from another process.
type Socket struct {
	Network string // tcp or udp
	Address netip.AddrPort
	File    *os.File
	Routes  []datagram.Route // of a UDP socket
}

// A Given is an open socket of a listener to be sent to another process. It is
// duplicated when it is sent and closed afterwards: if all copies were made first, a
// node would need twice as many descriptors as it has sockets.
type Given struct {
	Network string // tcp or udp
	Address netip.AddrPort
	Open    func() (*os.File, error)
	Routes  []datagram.GivenRoute // of a UDP socket
}

// A Handover has the listeners of a process, and its part in a takeover: it gives away
// their sockets, or has those that were inherited from the older process.
type Handover struct {
	tag   datagram.Tag          // of this process
	begun chan struct{}         // closed when connections may be accepted
	files *overload.Descriptors // of the process

	mu        sync.Mutex
	open      map[*Listener]struct{} // the open listeners; guarded by mu
	inherited map[socketName]Socket  // not yet used; guarded by mu
}

// Tag returns the tag in the QUIC connection ids of this process.
func (h *Handover) Tag() []byte { return h.tag[:] }

// Sockets returns the sockets of all listeners. A UDP socket comes with a route to
// this process, on which it receives the packets of its own connections.
func (h *Handover) Sockets() (all []Given) {
	for _, l := range h.listening() {
		address := l.Addr()
		all = append(all, Given{
			Network: "tcp", Address: address, Open: func() (*os.File, error) { return socket.Duplicate(l.tcp) },
		})
		if d := l.datagrams(); d != nil {
			all = append(all, Given{Network: "udp", Address: address, Open: d.Duplicate, Routes: d.GiveRoutes(h.tag)})
		}
	}
	return all
}

// datagrams returns the UDP socket, nil if there is none.
func (l *Listener) datagrams() *datagram.Socket {
	if l.quic == nil {
		return nil
	}
	return l.quic.socket.Load()
}

// enter adds an open listener.
func (h *Handover) enter(l *Listener) {
	h.mu.Lock()
	h.open[l] = struct{}{}
	h.mu.Unlock()
}

// leave removes a listener that is being closed.
func (h *Handover) leave(l *Listener) {
	h.mu.Lock()
	delete(h.open, l)
	h.mu.Unlock()
}

// listening returns the listeners that have not been closed.
func (h *Handover) listening() []*Listener {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := make([]*Listener, 0, len(h.open))
	for l := range h.open {
		all = append(all, l)
	}
	return all
}

// Pause stops reading datagrams. When it returns, none is being read any more; they
// stay in the socket buffers.
func (h *Handover) Pause() {
	h.readAll(datagram.FromNone)
	for _, l := range h.listening() {
		if d := l.datagrams(); d != nil {
			d.AwaitReader()
		}
	}
}

// Resume continues reading after Pause.
func (h *Handover) Resume() { h.readAll(datagram.FromSocket) }

func (h *Handover) readAll(source uint32) {
	for _, l := range h.listening() {
		if d := l.datagrams(); d != nil {
			d.SetSource(source)
		}
	}
}

// Yield stops l from accepting connections because another process has the socket now.
// Clients do not notice it: open connections are served, and the clients are only
// asked to reconnect. An idle HTTP/1.1 connection, where that is not possible, is
// asked with the answer to its next request. Drain waits for all connections to end.
func (l *Listener) Yield() {
	l.frontend.Yielded.Store(true)
	if d := l.datagrams(); d != nil {
		d.SetSource(datagram.FromNewer)
	}
	l.Close()
}

// Begin makes the listeners accept connections, which Options.Inherited has delayed,
// and closes inherited sockets that no listener has taken.
func (h *Handover) Begin() {
	h.mu.Lock()
	unused := h.inherited
	h.inherited = nil
	h.mu.Unlock()
	for _, s := range unused {
		s.close()
	}
	close(h.begun)
	h.readAll(datagram.FromSocket)
}

// Forget closes the routes to an older process that has ended.
func (h *Handover) Forget(tag []byte) {
	for _, l := range h.listening() {
		if d := l.datagrams(); d != nil {
			d.Forget(tag)
		}
	}
}

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

// Begun returns a channel that is closed when connections may be accepted.
func (h *Handover) Begun() <-chan struct{} { return h.begun }

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

// newTag returns a tag that no older process uses.
func newTag(inherited []Socket) (tag datagram.Tag) {
	for taken := true; taken; {
		_, _ = rand.Read(tag[:]) // never fails
		taken = slices.ContainsFunc(inherited, func(s Socket) bool {
			return slices.ContainsFunc(s.Routes, func(r datagram.Route) bool { return string(r.Tag) == string(tag[:]) })
		})
	}
	return tag
}
