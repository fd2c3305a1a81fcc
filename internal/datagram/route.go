package datagram

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"syscall"

	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"

	"elbow/internal/socket"
)

// A Route is where datagrams go that are for QUIC connections of an older
// process, the one with the tag.
type Route struct {
	Tag  []byte
	File *os.File
}

// A GivenRoute is a Route that is opened when it is sent.
type GivenRoute struct {
	Tag  []byte
	Open func() (*os.File, error)
}

// A route leads to an older process of this node that still has QUIC connections.
type route struct {
	tag  Tag
	conn *net.UnixConn
	raw  syscall.RawConn
}

// InheritRoutes opens routes to older processes.
func (d *Socket) InheritRoutes(routes []Route) error {
	var all []route
	for _, r := range routes {
		c, err := net.FileConn(r.File) // a copy
		if err != nil {
			return err
		}
		conn, ok := c.(*net.UnixConn)
		if !ok || len(r.Tag) != len(Tag{}) {
			_ = c.Close() // it is of no use
			return fmt.Errorf("the inherited route %x is a %T", r.Tag, c)
		}
		raw, err := conn.SyscallConn()
		if err != nil {
			return err
		}
		all = append(all, route{Tag(r.Tag), conn, raw})
	}
	if all != nil {
		d.routes.Store(&all)
	}
	return nil
}

// Duplicate copies the socket for another process.
func (d *Socket) Duplicate() (*os.File, error) { return socket.Duplicate(d.UDPConn) }

// GiveRoutes are the routes to older processes, and one to this process, which has the
// tag.
func (d *Socket) GiveRoutes(tag Tag) (all []GivenRoute) {
	if routes := d.routes.Load(); routes != nil {
		for _, r := range *routes {
			all = append(all, GivenRoute{slices.Clone(r.tag[:]), r.open})
		}
	}
	return append(all, GivenRoute{slices.Clone(tag[:]), d.openPassed})
}

// RoutesLeft is how many older processes there are routes to.
func (d *Socket) RoutesLeft() int {
	if routes := d.routes.Load(); routes != nil {
		return len(*routes)
	}
	return 0
}

// open copies the route. One whose process has ended meanwhile leads nowhere.
func (r *route) open() (*os.File, error) {
	file, err := socket.Duplicate(r.conn)
	if !errors.Is(err, net.ErrClosed) {
		return file, err
	}
	gone, file, err := socketPair()
	if err == nil {
		_ = gone.Close() // so that what is sent to it is refused
	}
	return file, err
}

// openPassed makes the way on which a newer process passes packets on, and returns
// the end for that one. It is a pair of sockets, where the number of packets is
// not limited by net.unix.max_dgram_qlen.
func (d *Socket) openPassed() (*os.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.passed != nil {
		_ = d.passed.Close() // of a takeover that came to nothing
		d.passed = nil
	}
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer ours.Close()
	c, err := net.FileConn(ours) // a copy
	if err != nil {
		_ = theirs.Close() // it was not used
		return nil, err
	}
	d.passed = c.(*net.UnixConn)
	return theirs, nil
}

// passedBuffer is the room, in bytes, for packets that one process passes on to
// another. The kernel gives what net.core.wmem_max allows, 208 KiB by default,
// which holds 90 full packets.
const passedBuffer = 1 << 20

// socketPair makes a pair of sockets. What is sent on theirs has as much room as the
// system allows: less loses packets, which are sent again.
func socketPair() (ours, theirs *os.File, err error) {
	syscall.ForkLock.RLock()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
	if err == nil {
		unix.CloseOnExec(pair[0])
		unix.CloseOnExec(pair[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	_ = unix.SetsockoptInt(pair[1], unix.SOL_SOCKET, unix.SO_SNDBUF, passedBuffer) // it works with less
	return os.NewFile(uintptr(pair[0]), "passed"), os.NewFile(uintptr(pair[1]), "route"), nil
}

// passOn sends the packets that are for older processes there, and moves the
// others to the front.
func (d *Socket) passOn(routes []route, ms []ipv4.Message) (kept int) {
	for i := range ms {
		m := &ms[i]
		tag, ok := tagOf(m.Buffers[0][:m.N])
		if ok {
			ok = d.pass(routes, tag, m)
		}
		if ok {
			continue
		}
		if kept < i {
			k := &ms[kept]
			k.N, k.NN = copy(k.Buffers[0], m.Buffers[0][:m.N]), copy(k.OOB, m.OOB[:m.NN])
			k.Addr, k.Flags = m.Addr, m.Flags
		}
		kept++
	}
	return kept
}

// pass sends a packet on the route with the tag and reports whether there is one.
// If that process reads too slowly the packet is lost, as it would be in a full
// socket buffer.
func (d *Socket) pass(routes []route, tag Tag, m *ipv4.Message) bool {
	for i := range routes {
		r := &routes[i]
		if r.tag != tag {
			continue
		}
		d.packet = appendPassed(d.room(), m)
		var err error
		if ctl := r.raw.Control(func(fd uintptr) { err = unix.Send(int(fd), d.packet, unix.MSG_DONTWAIT) }); ctl != nil {
			return false // closed, as its process has ended
		}
		// Refused: its process has closed the port.
		return !errors.Is(err, unix.ECONNREFUSED)
	}
	return false
}

// A packet that is passed on has the length of the sender's address, the address,
// the length of the control messages, these, and then the packet. Lengths are of
// one byte: quic-go makes room for 128 bytes of control messages.

func appendPassed(dst []byte, m *ipv4.Message) []byte {
	dst = append(dst, 0)
	start := len(dst)
	if addr, ok := m.Addr.(*net.UDPAddr); ok {
		dst, _ = addr.AddrPort().AppendBinary(dst) // never fails
	}
	dst[start-1] = byte(len(dst) - start)
	dst = append(dst, byte(m.NN))
	dst = append(dst, m.OOB[:m.NN]...)
	return append(dst, m.Buffers[0][:m.N]...)
}

var errPassed = errors.New("not a packet that was passed on")

// parsePassed is the reverse. What it returns is in b.
func parsePassed(b []byte) (addr netip.AddrPort, oob, packet []byte, err error) {
	field := func() (f []byte) {
		if len(b) == 0 || len(b) <= int(b[0]) {
			err = errPassed
			return nil
		}
		f, b = b[1:1+b[0]], b[1+b[0]:]
		return f
	}
	if f := field(); err == nil {
		err = addr.UnmarshalBinary(f)
	}
	if err == nil {
		oob = field()
	}
	if err != nil || !addr.IsValid() {
		return netip.AddrPort{}, nil, nil, errPassed
	}
	return addr, oob, b, nil
}

// maxPassed is the longest packet that is passed on, with what goes before it.
const maxPassed = 2 << 10

// room is for a packet that is passed on, from or to this process.
func (d *Socket) room() []byte {
	if d.packet == nil {
		d.packet = make([]byte, 0, maxPassed)
	}
	return d.packet[:0]
}

// readPassed reads one packet that a newer process passes on.
func (d *Socket) readPassed(m *ipv4.Message) (n int, err error) {
	b := d.room()[:maxPassed]
	length, err := d.passed.Read(b)
	if err != nil {
		return 0, err
	}
	addr, oob, packet, err := parsePassed(b[:length])
	if err != nil {
		return 0, nil // nobody's: the next one
	}
	m.N, m.NN = copy(m.Buffers[0], packet), copy(m.OOB, oob)
	m.Addr, m.Flags = net.UDPAddrFromAddrPort(addr), 0
	return 1, nil
}
