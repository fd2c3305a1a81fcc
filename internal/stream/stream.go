// Package stream is the data plane of TCP listeners: it passes the bytes of
// connections between clients and backends. It knows neither the API nor the
// store, and does not interpret the bytes. Start reading at Listener, then pair.
//
// On Linux a few event loops, each with an epoll set of its own, do all the work:
// a connection has neither a goroutine nor a buffer while it is idle. Elsewhere
// it has two goroutines.
package stream

import (
	"cmp"
	"log/slog"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"elbow/internal/overload"
)

// Options configure the data plane of the machine; customers configure Configs.
// Zero values mean the defaults of limits.go.
type Options struct {
	Log  *slog.Logger // nil: slog.Default()
	Line func([]byte) // receives a copy of each access-log line; nil: there is no access log

	Conns            *atomic.Int64 // client connections of the process; nil: only those of TCP listeners
	MaxConns         int           // of the process, default 200,000
	MaxListenerConns int           // of one listener, default MaxConns
	MaxBackendConns  int           // connections to one backend of one listener, default 20,000

	Files *overload.Descriptors // the descriptors of the process; nil: unbounded

	// Waiting is the number of bytes that may be buffered in the program for peers that do not read
	// before reads become smaller, default 64 MiB.
	Waiting int64

	// DrainTimeout is how long connections to a retired backend may continue
	// before they are reset. Default 30s.
	DrainTimeout time.Duration

	// ConnectTimeout is how long a backend may take to accept a connection before
	// another one is tried. Default 5s.
	ConnectTimeout time.Duration

	// Inherit returns the listening socket for the address that another process
	// of this node has handed over, if there is one. Nil: there is no such
	// process.
	Inherit func(network string, address netip.AddrPort) (*os.File, bool)

	// Begun is closed when connections may be accepted. Nil: they may be at once.
	Begun <-chan struct{}
}

// Streams is shared by all TCP listeners of the process.
type Streams struct {
	log     *slog.Logger
	line    func([]byte)
	conns   *atomic.Int64
	max     int
	maxHere int
	maxBack int64
	files   *overload.Descriptors
	waiting int64 // of one loop
	drain   time.Duration
	dial    time.Duration
	inherit func(string, netip.AddrPort) (*os.File, bool)
	begun   <-chan struct{}

	overflow overload.Episode // connections over a limit are refused
	scarce   overload.Episode // descriptors are short

	engine engine

	mu   sync.Mutex
	open map[*Listener]struct{} // the open listeners; guarded by mu
}

// New returns Streams without listeners. The caller must call Close.
func New(o Options) (*Streams, error) {
	s := &Streams{
		log: o.Log, line: o.Line, conns: o.Conns, files: o.Files, inherit: o.Inherit, begun: o.Begun,
		max:     cmp.Or(o.MaxConns, defaultMaxConns),
		maxBack: int64(cmp.Or(o.MaxBackendConns, defaultMaxBackendConns)),
		drain:   cmp.Or(o.DrainTimeout, defaultDrainTimeout),
		dial:    cmp.Or(o.ConnectTimeout, connectTimeout),
		open:    make(map[*Listener]struct{}),
	}
	s.waiting = max(cmp.Or(o.Waiting, defaultWaiting)/int64(runtime.GOMAXPROCS(0)), 0)
	s.maxHere = cmp.Or(o.MaxListenerConns, s.max)
	if s.log == nil {
		s.log = slog.Default()
	}
	if s.conns == nil {
		s.conns = new(atomic.Int64)
	}
	if s.files == nil {
		s.files = new(overload.Descriptors)
	}
	if s.begun == nil {
		begun := make(chan struct{})
		close(begun)
		s.begun = begun
	}
	return s, s.engine.start(s)
}

// Close ends the loops. The listeners must have been drained before.
func (s *Streams) Close() { s.engine.close() }

// A Given is a listening socket that is handed to another process. Open makes a
// copy.
type Given struct {
	Address netip.AddrPort
	Open    func() (*os.File, error)
}

// Sockets returns the listening sockets of all listeners.
func (s *Streams) Sockets() (all []Given) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for l := range s.open {
		all = append(all, Given{l.address, l.socket.Duplicate})
	}
	return all
}

// Retire resets, after the DrainTimeout, the connections to a backend that no Config
// uses any more.
func (s *Streams) Retire(b *Backend) {
	b.retired.Do(func() {
		time.AfterFunc(s.drain, func() {
			s.engine.cut(func(_ *Listener, of *Backend) bool { return of == b }, byRetirement)
		})
	})
}
