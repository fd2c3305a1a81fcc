// Package reconcile makes the data plane do what the store says. One loop reads
// the complete desired state, plans the steps from what runs, applies them and
// reports what came of it. It is the only translator between the stored model
// and the data plane, and the only place where a listener that cannot be applied
// is a reason in a status and not the end of the process. Start reading at
// Loop.Run, then plan.
package reconcile

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"elbow/internal/address"
	"elbow/internal/balance"
	"elbow/internal/cert"
	"elbow/internal/elb"
	"elbow/internal/health"
	"elbow/internal/proxy"
	"elbow/internal/store"
	"elbow/internal/stream"
	"elbow/internal/udp"
)

// A Source is the desired state: a *store.Mirror, or a fake of it.
type Source interface {
	Desired() store.Desired
	Changed() <-chan struct{} // a hint that Desired is another one
}

// A Report writes what this node says of its listeners: Store.ReportStatus.
type Report func(ctx context.Context, node string, changed []elb.ListenerStatus, gone []elb.ListenerKey) error

// Config is what a Loop works with.
type Config struct {
	Source Source
	Report Report
	Proxy  *proxy.Proxy

	// Streams serve TCP listeners; nil: nothing does.
	Streams *stream.Streams

	// Relay serves UDP listeners; nil: nothing does.
	Relay *udp.Relay

	Node string // the name this node reports under

	// Addresses gets the addresses that no interface has, and gives them back when
	// nothing needs them any more. Nil: they are somebody else's business.
	Addresses *address.Addresses

	// Verdicts are those of the process that this one takes over from.
	Verdicts []Verdict

	// Reach says where requests and probes may be sent to; nil: the zero Reach. What
	// it says may change: see Loop.Look.
	Reach *elb.Reach

	// DrainTimeout is how long exchanges may go on after their listener was
	// stopped, deleted or moved; then they are cut. 0: 30s.
	DrainTimeout time.Duration

	// SlowStart is how long a backend that comes up takes until it has its whole
	// share of new sessions. 0: it has it at once.
	SlowStart time.Duration

	// Probes is how many health checks of each kind may be under way (health.Gate).
	// 0: any number.
	Probes int

	// LoadFactor bounds the load of a backend where keys are hashed: see
	// balance.Group.
	LoadFactor int

	Log *slog.Logger // nil: slog.Default()
}

// A Loop holds what runs. Its fields belong to the goroutine of Run, but for
// health, busy and board.
type Loop struct {
	source       Source
	proxy        *proxy.Proxy
	streams      *stream.Streams // nil: there are no TCP listeners
	relay        *udp.Relay      // nil: there are no UDP listeners
	drainTimeout time.Duration
	slowStart    time.Duration
	loadFactor   int // percent
	probes       *health.Gate
	log          *slog.Logger

	addresses *address.Addresses // nil: somebody else's
	resolver  resolver
	steps     []step // the memory of the last plan
	running   map[key]*unit
	pairs     map[string]*cert.Pair // by certificate id
	draining  map[*drain]struct{}
	drainsOf  map[elb.ListenerKey]int // how many of draining each listener has
	drained   chan *drain
	again     chan struct{}                 // a pass was asked for
	inherited map[verdictKey]balance.Health // of backends that have not joined yet
	yielding  bool                          // another process has the sockets
	revision  int64                         // of the last pass
	stale     bool                          // there may be something for sweep

	board  *board
	health atomic.Pointer[Health]
	opened chan struct{}             // closed after the first pass
	busy   atomic.Pointer[time.Time] // since when the loop is at one thing; nil: it waits for something to do
}

// New returns a Loop that Run starts.
func New(c Config) *Loop {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.DrainTimeout == 0 {
		c.DrainTimeout = proxy.DefaultDrainTimeout
	}
	l := &Loop{
		source:       c.Source,
		proxy:        c.Proxy,
		streams:      c.Streams,
		relay:        c.Relay,
		drainTimeout: c.DrainTimeout,
		slowStart:    c.SlowStart,
		loadFactor:   c.LoadFactor,
		log:          c.Log,
		addresses:    c.Addresses,
		running:      make(map[key]*unit),
		pairs:        make(map[string]*cert.Pair),
		draining:     make(map[*drain]struct{}),
		drainsOf:     make(map[elb.ListenerKey]int),
		inherited:    verdictsByKey(c.Verdicts),
		drained:      make(chan *drain),
		again:        make(chan struct{}, 1),
		stale:        true, // an earlier process may have left addresses
		board:        newBoard(c.Node, c.Report, c.Log),
		opened:       make(chan struct{}),
	}
	l.resolver.reach = c.Reach
	if c.Probes > 0 {
		l.probes = health.NewGate(c.Probes)
	}
	l.health.Store(new(Health))
	return l
}

// Look asks for a pass although nothing has changed in the store. It may be called
// from any goroutine.
func (l *Loop) Look() {
	select {
	case l.again <- struct{}{}:
	default: // one is asked for already
	}
}

// Health is how the loop stands after its last pass.
type Health struct {
	Revision  int64 // of the store; 0 before the first pass
	Listeners int   // sockets that should be open, redirects included
	Failing   int   // of these, how many are not as desired
	Report    error // why the store does not take the statuses; nil if it does

	// Stalled is for how long the loop has stood still in one pass, if it does:
	// changes have no effect meanwhile.
	Stalled time.Duration
}

// Opened is closed when the first pass has been made: every listener is open, but
// for those that Health counts as failing.
func (l *Loop) Opened() <-chan struct{} { return l.opened }

// Health may be called from any goroutine.
func (l *Loop) Health() Health {
	h := *l.health.Load()
	h.Report = l.board.err()
	h.Stalled = l.stalled()
	return h
}

// Statuses are what this node has to tell of each of its listeners, in no order,
// whether the store has been told yet or not. It may be called from any
// goroutine; what it answers is shared and not to be changed.
func (l *Loop) Statuses() []elb.ListenerStatus { return l.board.all() }
