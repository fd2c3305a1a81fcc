package overload

import (
	"errors"
	"fmt"
	"sync/atomic"
	"syscall"
)

// Descriptors divides the file descriptors of the process between its uses, so
// that no numerous kind takes the last one: without a free descriptor the API and
// the store fail, and no takeover can start a process with a higher limit.
//
// Listening sockets are counted. Connections are judged by the number of their
// descriptor: the kernel assigns the lowest free number, so a number near the
// limit means that nearly all are in use, whatever uses them.
type Descriptors struct {
	Limit     int64        // of the process; 0: unknown, nothing is bounded
	listening atomic.Int64 // used by listeners, including those for a takeover
	takeover  atomic.Int64 // the part of listening that is for a takeover
}

const (
	// A TLS listener with HTTP/3 has two sockets. During a takeover each of the
	// two processes has another one for it: the route on which datagrams for
	// connections of the older process are passed on. Sockets are copied a few at
	// a time.
	TCPDescriptors  = 1
	QUICDescriptors = 1

	// listenersShare: one part in that many of all descriptors is for listeners.
	// At least a quarter is left for client connections and an eighth for backend
	// connections.
	listenersShare = 2

	// keptDescriptors is reserved for the store, logs, the API, /metrics, and the
	// copies in a takeover; with a limit under 4096 the reserve is an eighth.
	keptDescriptors = 512

	// takeoverCopies is reserved for copies of sockets in transit to another
	// process, 250 at a time.
	takeoverCopies = 252

	// backendsShare: one part in that many of all descriptors is reserved for
	// backend connections, because an accepted request needs one.
	backendsShare = 8
)

// ErrDescriptors matches EMFILE in errors.Is: cause and remedy are the same.
var ErrDescriptors = fmt.Errorf("the rest is kept for the API and a takeover: %w", syscall.EMFILE)

// DescriptorsOf is the maximum number of descriptors that so many listeners use,
// takeover included. Listeners with HTTP/3 are counted in http3 again.
func DescriptorsOf(listeners, http3 int) int {
	return listeners*TCPDescriptors + http3*2*QUICDescriptors
}

// DescriptorsFor is the process limit that leaves room for that many descriptors
// of listeners.
func DescriptorsFor(need int) int { return need * listenersShare }

// Claim reserves descriptors for the sockets of a listener and for those that it
// needs in a takeover, or returns why there are none.
func (d *Descriptors) Claim(sockets, takeover int64) error {
	all := sockets + takeover
	if n := d.listening.Add(all); d.Limit > 0 && n > d.Limit/listenersShare {
		d.listening.Add(-all)
		return fmt.Errorf("listeners have %d of the %d files that this process may have open: %w", n-all, d.Limit, ErrDescriptors)
	}
	d.takeover.Add(takeover)
	return nil
}

// Release undoes a Claim.
func (d *Descriptors) Release(sockets, takeover int64) {
	d.listening.Add(-sockets - takeover)
	d.takeover.Add(-takeover)
}

// room is the lowest descriptor number that connections may not have.
func (d *Descriptors) room() int64 {
	return d.Limit - min(keptDescriptors, d.Limit/8) - d.takeover.Load()
}

// Refuses reports whether a client connection with this descriptor is over the
// limit.
func (d *Descriptors) Refuses(fd uintptr) bool {
	return d.Limit > 0 && int64(fd) >= d.room()-d.Limit/backendsShare
}

// Control refuses the socket of a connection to a backend, or of a probe, that is
// over the limit. It is the Control of a net.Dialer.
func (d *Descriptors) Control(_, _ string, c syscall.RawConn) (err error) {
	if d.Limit == 0 {
		return nil
	}
	ctl := c.Control(func(fd uintptr) {
		if int64(fd) >= d.room() {
			err = ErrDescriptors
		}
	})
	return errors.Join(ctl, err)
}

// Listeners is the number of descriptors that listeners use, including those for
// a takeover.
func (d *Descriptors) Listeners() int { return int(d.listening.Load()) }

// ForTakeover is the number of additional descriptors that a takeover by another
// process uses here; 0 if the limit is unknown.
func (d *Descriptors) ForTakeover() int {
	if d.Limit == 0 {
		return 0
	}
	copies := min(takeoverCopies, d.listening.Load()+2)
	return int(d.takeover.Load() + copies)
}
