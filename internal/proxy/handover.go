package proxy

import (
	"crypto/rand"
	"net/netip"
	"os"
	"slices"
	"sync"

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

// Begun returns a channel that is closed when connections may be accepted.
func (h *Handover) Begun() <-chan struct{} { return h.begun }

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
