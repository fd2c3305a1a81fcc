// Package udp is the data plane of UDP listeners: it forwards datagrams between
// clients and backends. A session forwards the datagrams of one client address; it has
// a socket of its own that is connected to its backend, so that answers can be
// attributed to it. The package knows neither the API nor the store. Start reading at
// Listener, then session.
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

// Options configure the data plane of the machine; customers configure Configs. Zero
// values mean the defaults of limits.go.
type Options struct {
	Log  *slog.Logger // nil: slog.Default()
	Line func([]byte) // receives a copy of each access-log line; nil: there is no access log

	// MaxSessions is the maximum number of sessions of one listener, default 200,000.
	// Beyond it the least recently used one ends.
	MaxSessions int

	Files *overload.Descriptors // the descriptors of the process; nil: unbounded

	// DrainTimeout is how long sessions with a retired backend may continue. Default 30s.
	DrainTimeout time.Duration

	// Inherit returns the socket for the address that another process of this node has
	// handed over, if there is one. Nil: there is no such process.
	Inherit func(network string, address netip.AddrPort) (*os.File, bool)

	// Begun is closed when datagrams may be read. Nil: they may be at once.
	Begun <-chan struct{}
}

// A Relay is shared by all UDP listeners of the process.
type Relay struct {
	log      *slog.Logger
	line     func([]byte)
	max      int
	files    *overload.Descriptors
	drain    time.Duration
	inherit  func(string, netip.AddrPort) (*os.File, bool)
	begun    <-chan struct{}
	overflow overload.Episode // sessions were evicted

	engine engine

	mu   sync.Mutex
	open map[*Listener]struct{} // the open listeners; guarded by mu
}

// New returns a Relay without listeners. The caller must call Close.
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

// Close ends the loops. The listeners must have been drained before.
func (r *Relay) Close() { r.engine.close() }

// A Given is a socket that is handed to another process. Open makes a copy.
type Given struct {
	Address netip.AddrPort
	Open    func() (*os.File, error)
}

// Sockets returns the sockets of all listeners.
func (r *Relay) Sockets() (all []Given) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for l := range r.open {
		all = append(all, Given{l.address, l.socket.Duplicate})
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
