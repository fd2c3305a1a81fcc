// Package datagram is the UDP side of a listener below QUIC: the socket, which
// two processes share during a takeover, the connection ids by which they decide
// which of them a packet belongs to, and the packets that are answered or refused
// before QUIC sees them. Start reading at Socket, then route.go for the packets of
// another process.
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
// passes packets for connections of the older one on to it, on a route. All write
// to the socket itself. So each packet reaches the process that has its
// connection, on any system, whatever the order in which processes end. Passing a
// packet on costs two system calls, and only while a process drains.
//
// The alternative, a socket for each process in a reuseport group with a program
// that chooses by the connection id, costs nothing per packet. But when a process
// ends the kernel moves the last socket of the group to its place, and until the
// program follows, packets go to the wrong process.
type Socket struct {
	*net.UDPConn
	batch  *ipv4.PacketConn // the same socket
	turns  *overload.Turns  // Turns that writes end
	resets *resetter        // owned by the reader
	proofs *Proofs          // records what is read
	source atomic.Uint32    // fromSocket …; changed under mu

	routes atomic.Pointer[[]route] // to older processes; nil: none
	packet []byte                  // a packet in transit on a route; owned by the reader

	reading sync.Mutex // held by the reader while it reads the socket

	mu      sync.Mutex
	changed chan struct{} // closed when source changes; guarded by mu
	ended   bool          // guarded by mu
	closed  func()        // called when the socket has been closed
	passed  *net.UnixConn // on which a newer process passes packets on; guarded by mu, until source is fromNewer
}

// The sources that datagrams are read from.
const (
	FromSocket = iota
	FromNone   // temporary: two processes may not read at the same time
	FromNewer  // a newer process has the socket
)

// NewSocket wraps a UDP socket that is read from source at first.
func NewSocket(udp *net.UDPConn, source uint32) *Socket {
	d := &Socket{UDPConn: udp, batch: ipv4.NewPacketConn(udp), changed: make(chan struct{}), closed: func() {}}
	d.turns, d.resets, d.proofs = new(overload.Turns), new(resetter), new(Proofs)
	d.source.Store(source)
	return d
}

// Serve must be called before the socket is read. turns and proofs are those of
// the QUIC port; reset is the key for stateless resets, nil for none.
func (d *Socket) Serve(turns *overload.Turns, proofs *Proofs, reset *[32]byte, tag Tag) {
	d.turns, d.proofs, d.resets = turns, proofs, newResetter(reset, tag)
}

// Tracer returns the tracer for the transport that reads the socket.
func (d *Socket) Tracer() qlogwriter.Recorder { return d.resets }

// OnClose registers f, which is called once when the socket has been closed.
func (d *Socket) OnClose(f func()) { d.closed = sync.OnceFunc(f) }

// ReadBatch is called by quic-go to read.
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

// look inspects packets before quic-go gets them.
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

// AwaitReader returns when no read of the socket is in flight that began before
// the source was changed. The deadline ends a read that waits; but a reader that
// was about to read the socket would still take a packet, however late the
// scheduler runs it.
func (d *Socket) AwaitReader() {
	d.reading.Lock()
	defer d.reading.Unlock()
}

// WriteMsgUDP is called by quic-go to write.
func (d *Socket) WriteMsgUDP(b, oob []byte, to *net.UDPAddr) (n, oobn int, err error) {
	n, oobn, err = d.UDPConn.WriteMsgUDP(b, oob, to)
	if d.turns.Any() {
		d.turns.Wrote(socket.AddrPort(to))
	}
	return n, oobn, err
}

// awaitSource returns when datagrams are read again, or an error if they never
// are.
func (d *Socket) awaitSource() error {
	d.mu.Lock()
	changed, ended, waits := d.changed, d.ended, d.source.Load() == FromNone
	d.mu.Unlock()
	if ended {
		return os.ErrDeadlineExceeded
	}
	if waits { // else it has changed since it was read
		<-changed
	}
	return nil
}

// goesOn reports whether err only means that the source has changed.
func (d *Socket) goesOn(err error) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return errors.Is(err, os.ErrDeadlineExceeded) && !d.ended
}

// IsFrom reports whether source is the current one.
func (d *Socket) IsFrom(source uint32) bool { return d.source.Load() == source }

// SetSource changes the source.
func (d *Socket) SetSource(source uint32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if source == FromNewer && d.passed == nil {
		return // opened too late for the handover: it has no connections
	}
	d.source.Store(source)
	close(d.changed)
	d.changed = make(chan struct{})
	if d.ended {
		return
	}
	deadline := time.Time{}
	if source != FromSocket {
		deadline = past // ends the read in flight
	}
	_ = d.UDPConn.SetReadDeadline(deadline) // fails only if closed
}

var past = time.Unix(1, 0)

// SetReadDeadline is called by quic-go to end the read in flight for good.
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

// Close closes the socket and all routes of this process. Other processes may
// have copies of them.
func (d *Socket) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.passed != nil {
		_ = d.passed.Close() // packets in it belong to no connection
	}
	d.forgetLocked(func(*route) bool { return true })
	defer d.closed()
	return d.UDPConn.Close()
}

// Forget closes the route to the process with the tag. A reader that is about to
// use it finds it closed, and keeps the packet.
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
