// Package udp is the data plane of UDP listeners: it passes datagrams between clients
// and backends. A session is what belongs to one address of a client; it has a socket
// of its own that is connected to its backend, so that answers find their way back. It
// knows neither the API nor the store. Start reading at Listener, then session.
package udp

import (
	"cmp"
	"log/slog"
	"net/netip"
	"os"
	"sync"
	"time"

	"elbow/internal/overload"
)

// Options are what the machine, not the customer, says about the data plane. Zero
// values mean the defaults of limits.go.
type Options struct {
	Log  *slog.Logger // nil: slog.Default()
	Line func([]byte) // takes a copy of a line of the access log; nil: there is none

	// MaxSessions is how many sessions of one listener there may be, default 200,000. For
	// one more, that which was used least recently ends.
	MaxSessions int

	Files *overload.Descriptors // what the process may have open; nil: nothing is bounded

	// DrainTimeout is how long sessions may go on with a backend that was retired. Default
	// 30s.
	DrainTimeout time.Duration

	// Inherit takes the socket that another process of this node gives to this one, if
	// there is one for the address. Nil: there is no such process.
	Inherit func(network string, address netip.AddrPort) (*os.File, bool)

	// Begun is closed when datagrams may be read. Nil: they may.
	Begun <-chan struct{}
}

// A Relay is what all UDP listeners of the process share.
type Relay struct {
	log     *slog.Logger
	line    func([]byte)
	max     int
	files   *overload.Descriptors
	drain   time.Duration
	inherit func(string, netip.AddrPort) (*os.File, bool)
	begun   <-chan struct{}
	crowded overload.Episode // of sessions that were ended for others

	engine engine

	mu   sync.Mutex
	open map[*Listener]struct{} // those not closed; guarded by mu
}

// New returns a Relay without listeners. Close ends what it starts.
func New(o Options) (*Relay, error) {
	r := &Relay{
		log: o.Log, line: o.Line, files: o.Files, inherit: o.Inherit, begun: o.Begun,
		max:   cmp.Or(o.MaxSessions, defaultMaxSessions),
		drain: cmp.Or(o.DrainTimeout, defaultDrainTimeout),
		open:  make(map[*Listener]struct{}),
	}
	if r.log == nil {
		r.log = slog.Default()
	}
	if r.files == nil {
		r.files = new(overload.Descriptors)
	}
	if r.begun == nil {
		begun := make(chan struct{})
		close(begun)
		r.begun = begun
	}
	return r, r.engine.start(r)
}

// Close ends the loops. The listeners have been drained before.
func (r *Relay) Close() { r.engine.close() }

// A Given is a socket on its way to another process. Open makes a copy.
type Given struct {
	Address netip.AddrPort
	Open    func() (*os.File, error)
}

// Sockets are those of all listeners.
func (r *Relay) Sockets() (all []Given) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for l := range r.open {
		all = append(all, Given{l.address, l.socket.duplicate})
	}
	return all
}

// Retire ends, after the DrainTimeout, the sessions with a backend that no Config uses
// any more.
func (r *Relay) Retire(b *Backend) {
	b.retired.Do(func() {
		time.AfterFunc(r.drain, func() {
			r.engine.cut(func(_ *Listener, of *Backend) bool { return of == b }, byRetirement)
		})
	})
}
