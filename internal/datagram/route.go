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

// A Route is the socket to which datagrams of an older process's QUIC connections are
// forwarded. Their connection ids contain the tag.
type Route struct {
	Tag  []byte
	File *os.File
}

// A GivenRoute is a Route whose file is opened when it is sent.
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
			_ = c.Close() // unusable
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

// GiveRoutes returns the routes to older processes, and one to this process,
// which has the tag.
func (d *Socket) GiveRoutes(tag Tag) (all []GivenRoute) {
	if routes := d.routes.Load(); routes != nil {
		for _, r := range *routes {
			all = append(all, GivenRoute{slices.Clone(r.tag[:]), r.open})
		}
	}
	return append(all, GivenRoute{slices.Clone(tag[:]), d.openPassed})
}

// open copies the route. If its process has ended meanwhile, the copy leads
// nowhere.
func (r *route) open() (*os.File, error) {
	file, err := socket.Duplicate(r.conn)
	if !errors.Is(err, net.ErrClosed) {
		return file, err
	}
	gone, file, err := socketPair()
	if err == nil {
		_ = gone.Close() // so that sends on it are refused
	}
	return file, err
}

// openPassed creates the route on which a newer process passes packets on, and
// returns the end for that process. It is a pair of sockets, on which the number
// of packets is not limited by net.unix.max_dgram_qlen.
func (d *Socket) openPassed() (*os.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.passed != nil {
		_ = d.passed.Close() // of a failed takeover
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

// passedBuffer is the buffer size, in bytes, for packets that one process passes
// on to another. The kernel grants up to net.core.wmem_max, 208 KiB by default,
// which holds 90 full packets.
const passedBuffer = 1 << 20

// socketPair creates a pair of sockets. The send buffer of theirs is as large as
// the system allows: a smaller one loses packets, which the clients retransmit.
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

// passOn sends the packets that belong to older processes to them, and moves the
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
// If that process reads too slowly the packet is lost, as it would be with a full
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
			return false // closed, because its process has ended
		}
		// Refused: its process has closed the port.
		return !errors.Is(err, unix.ECONNREFUSED)
	}
	return false
}

// A passed packet is preceded by the length of the sender's address, the address,
// the length of the control messages and these. Lengths are of one byte: quic-go
// makes room for 128 bytes of control messages.

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

// parsePassed is the reverse. Its results alias b.
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

// maxPassed is the maximum length of a packet that is passed on, prefix included.
const maxPassed = 2 << 10

// room returns the buffer for a packet that is passed on, from or to this
// process.
func (d *Socket) room() []byte {
	if d.packet == nil {
		d.packet = make([]byte, 0, maxPassed)
	}
	return d.packet[:0]
}

// readPassed reads one packet that a newer process passed on.
func (d *Socket) readPassed(m *ipv4.Message) (n int, err error) {
	b := d.room()[:maxPassed]
	length, err := d.passed.Read(b)
	if err != nil {
		return 0, err
	}
	addr, oob, packet, err := parsePassed(b[:length])
	if err != nil {
		return 0, nil // it belongs to no connection: read the next one
	}
	m.N, m.NN = copy(m.Buffers[0], packet), copy(m.OOB, oob)
	m.Addr, m.Flags = net.UDPAddrFromAddrPort(addr), 0
	return 1, nil
}
