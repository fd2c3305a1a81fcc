// Package datagram is the UDP side of a listener below QUIC: the socket, which two
// processes share while one takes over from the other, the connection ids by which
// they tell whose a packet is, and what is answered or refused before QUIC sees it.
package datagram

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quic-go/quic-go/qlogwriter"
	"golang.org/x/net/ipv4"

	"elbow/internal/overload"
	"elbow/internal/socket"
)

// A Socket is the UDP socket of a listener as quic-go reads it. When another
// process takes the node over, both have the socket: the newer one reads it, and
// passes on to the older one, on a route, what is for connections of that one.
// All write to the socket itself. So no packet is anybody's but the one's whose
// connection it is for, on any system, whatever the order in which processes end.
// Passing one on costs two system calls, and only while a process drains.
//
// The alternative, a socket for each process in a reuseport group with a program
// that chooses by the connection id, costs nothing a packet. But when a process
// ends the kernel moves the last socket of the group to its place, and until the
// program follows, packets go astray.
type Socket struct {
	*net.UDPConn
	batch  *ipv4.PacketConn // the same
	turns  *overload.Turns  // is told what is written
	resets *resetter        // owned by the reader
	proofs *Proofs          // is told what is read
	source atomic.Uint32    // fromSocket …; changed under mu

	routes atomic.Pointer[[]route] // to older processes; nil: none
	packet []byte                  // of a route, on its way; owned by the reader

	reading sync.Mutex // held by the reader while it reads the socket

	mu      sync.Mutex
	changed chan struct{} // closed when source changes; guarded by mu
	ended   bool          // guarded by mu
	closed  func()        // called when the socket has been closed
	passed  *net.UnixConn // where a newer process passes packets on; guarded by mu, until source is fromNewer
}

// Where datagrams are read from.
const (
	FromSocket = iota
	FromNone   // for a moment: two processes may not read at the same time
	FromNewer  // a newer process has the socket
)

// NewSocket takes a UDP socket, to be read from source at first.
func NewSocket(udp *net.UDPConn, source uint32) *Socket {
	d := &Socket{UDPConn: udp, batch: ipv4.NewPacketConn(udp), changed: make(chan struct{}), closed: func() {}}
	d.turns, d.resets, d.proofs = new(overload.Turns), new(resetter), new(Proofs)
	d.source.Store(source)
	return d
}

// Serve is called before the socket is read: turns and proofs are those of the QUIC
// port, and reset is the key for stateless resets, nil for none.
func (d *Socket) Serve(turns *overload.Turns, proofs *Proofs, reset *[32]byte, tag Tag) {
	d.turns, d.proofs, d.resets = turns, proofs, newResetter(reset, tag)
}

// Tracer is to be that of the transport which reads the socket.
func (d *Socket) Tracer() qlogwriter.Recorder { return d.resets }

// OnClose has f called, once, when the socket has been closed.
func (d *Socket) OnClose(f func()) { d.closed = sync.OnceFunc(f) }

// ReadBatch is what quic-go reads with.
func (d *Socket) ReadBatch(ms []ipv4.Message, flags int) (int, error) {
	d.resets.settle(d.UDPConn)
	for {
		var n int
		var err error
		switch d.source.Load() {
		case FromSocket:
			n, err = d.readSocket(ms, flags)
		case FromNewer:
			n, err = d.readPassed(&ms[0])
		default:
			err = d.awaitSource()
		}
		if n > 0 || err != nil && !d.goesOn(err) {
			d.look(ms[:max(n, 0)])
			return n, err
		}
	}
}

// look is for packets that quic-go is about to have.
func (d *Socket) look(ms []ipv4.Message) {
	d.resets.read(d.UDPConn, ms)
	d.proofs.read(ms)
}

func (d *Socket) readSocket(ms []ipv4.Message, flags int) (n int, err error) {
	d.reading.Lock()
	defer d.reading.Unlock()
	if d.source.Load() != FromSocket {
		return 0, nil
	}
	n, err = d.batch.ReadBatch(ms, flags)
	if routes := d.routes.Load(); err == nil && routes != nil {
		n = d.passOn(*routes, ms[:n])
	}
	return n, err
}

// AwaitReader returns when no read of the socket is under way that began before the
// source was changed. The deadline ends one that waits; but one that was about to
// look at the socket would still take a packet, however late the scheduler lets it.
func (d *Socket) AwaitReader() {
	d.reading.Lock()
	defer d.reading.Unlock()
}

// WriteMsgUDP is what quic-go writes with.
func (d *Socket) WriteMsgUDP(b, oob []byte, to *net.UDPAddr) (n, oobn int, err error) {
	n, oobn, err = d.UDPConn.WriteMsgUDP(b, oob, to)
	if d.turns.Any() {
		d.turns.Wrote(socket.AddrPort(to))
	}
	return n, oobn, err
}

// awaitSource returns when datagrams are read again or, with an error, never.
func (d *Socket) awaitSource() error {
	d.mu.Lock()
	changed, ended, waits := d.changed, d.ended, d.source.Load() == FromNone
	d.mu.Unlock()
	if ended {
		return os.ErrDeadlineExceeded
	}
	if waits { // else it has changed since it was looked at
		<-changed
	}
	return nil
}

// goesOn reports whether err only says that the source has changed.
func (d *Socket) goesOn(err error) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return errors.Is(err, os.ErrDeadlineExceeded) && !d.ended
}

// IsFrom reports whether that is the source.
func (d *Socket) IsFrom(source uint32) bool { return d.source.Load() == source }

// SetSource changes the source.
func (d *Socket) SetSource(source uint32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if source == FromNewer && d.passed == nil {
		return // opened too late to be handed over: it has no connections
	}
	d.source.Store(source)
	close(d.changed)
	d.changed = make(chan struct{})
	if d.ended {
		return
	}
	deadline := time.Time{}
	if source != FromSocket {
		deadline = past // ends the read under way
	}
	_ = d.UDPConn.SetReadDeadline(deadline) // fails only if closed
}

var past = time.Unix(1, 0)

// SetReadDeadline is how quic-go ends the read under way for good.
func (d *Socket) SetReadDeadline(t time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ended = !t.IsZero(); d.ended {
		close(d.changed)
		d.changed = make(chan struct{})
	}
	if d.passed != nil {
		_ = d.passed.SetReadDeadline(t) // fails only if closed
	}
	return d.UDPConn.SetReadDeadline(t)
}

// Close closes the socket and all routes of this process. Others may have them.
func (d *Socket) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.passed != nil {
		_ = d.passed.Close() // what is in it is for nobody
	}
	d.forgetLocked(func(*route) bool { return true })
	defer d.closed()
	return d.UDPConn.Close()
}

// Forget closes the route to the process with the tag. A reader that is about to use one finds it closed, and
// keeps the packet.
func (d *Socket) Forget(tag []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.forgetLocked(func(r *route) bool { return string(r.tag[:]) == string(tag) })
}

func (d *Socket) forgetLocked(gone func(*route) bool) {
	routes := d.routes.Load()
	if routes == nil {
		return
	}
	var left []route
	for i := range *routes {
		if r := &(*routes)[i]; gone(r) {
			_ = r.conn.Close() // nothing is buffered
		} else {
			left = append(left, *r)
		}
	}
	if left == nil {
		d.routes.Store(nil)
	} else {
		d.routes.Store(&left)
	}
}
