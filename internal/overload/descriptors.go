package overload

import (
	"errors"
	"fmt"
	"sync/atomic"
	"syscall"
)

// The file descriptors of the process are shared out, so that what there are many
// of does not take the last one: without one left the API and the store fail, and
// no takeover can bring a process with a higher limit.
//
// Listening sockets are counted. Of a connection the number of its descriptor is
// looked at: the kernel gives out the lowest that is free, so one near the limit
// says that nearly all are taken, by whatever.
type Descriptors struct {
	Limit     int64        // of the process; 0: unknown, nothing is bounded
	listening atomic.Int64 // of listeners, with what they take in a takeover
	takeover  atomic.Int64 // of these, those for a takeover
}

const (
	// A TLS listener with HTTP/3 has two sockets, and in a takeover each of the two
	// processes has another one for it: the way on which datagrams for connections of
	// the older one go there. Copies are made a few at a time.
	TCPDescriptors  = 1
	QUICDescriptors = 1

	// listenersShare, one part in that many of all, is for listeners. A quarter is left
	// to connections of clients, at least, and an eighth to those to backends.
	listenersShare = 2

	// keptDescriptors is for the store, logs, the API, /metrics, and the copies in a
	// takeover; of a limit under 4096 it is an eighth.
	keptDescriptors = 512

	// takeoverCopies is for the copies of sockets on their way to another process, of
	// which there are 250 at a time.
	takeoverCopies = 252

	// backendsShare, one part in that many of all, clients leave to connections to
	// backends: a request whose client is served needs one of those.
	backendsShare = 8
)

// ErrDescriptors is EMFILE to errors.Is, as what it is about is the same, and the
// remedy.
var ErrDescriptors = fmt.Errorf("the rest is kept for the API and a takeover: %w", syscall.EMFILE)

// DescriptorsOf is how many descriptors so many listeners take at most, those of them
// that speak HTTP/3 counted again, with what a takeover takes.
func DescriptorsOf(listeners, http3 int) int {
	return listeners*TCPDescriptors + http3*2*QUICDescriptors
}

// DescriptorsFor is the limit with which a process has room for that many descriptors
// of listeners.
func DescriptorsFor(need int) int { return need * listenersShare }

// Claim takes descriptors for a socket of a listener, and others that it needs in a
// takeover, or says why there are none.
func (d *Descriptors) Claim(sockets, takeover int64) error {
	all := sockets + takeover
	if n := d.listening.Add(all); d.Limit > 0 && n > d.Limit/listenersShare {
		d.listening.Add(-all)
		return fmt.Errorf("listeners have %d of the %d files that this process may have open: %w", n-all, d.Limit, ErrDescriptors)
	}
	d.takeover.Add(takeover)
	return nil
}

// Release gives back what Claim has taken.
func (d *Descriptors) Release(sockets, takeover int64) {
	d.listening.Add(-sockets - takeover)
	d.takeover.Add(-takeover)
}

// room is the number of the first descriptor that connections do not get.
func (d *Descriptors) room() int64 {
	return d.Limit - min(keptDescriptors, d.Limit/8) - d.takeover.Load()
}

// Refuses reports whether a client connection with this descriptor is one too many.
func (d *Descriptors) Refuses(fd uintptr) bool {
	return d.Limit > 0 && int64(fd) >= d.room()-d.Limit/backendsShare
}

// Control refuses the socket of a connection to a backend that is one too many. It is
// the Control of a net.Dialer.
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

// Listeners is how many descriptors the listeners take, with what they take in a
// takeover.
func (d *Descriptors) Listeners() int { return int(d.listening.Load()) }

// ForTakeover is how many more a takeover by another process takes here; 0 if that is
// not bounded.
func (d *Descriptors) ForTakeover() int {
	if d.Limit == 0 {
		return 0
	}
	copies := min(takeoverCopies, d.listening.Load()+2)
	return int(d.takeover.Load() + copies)
}
