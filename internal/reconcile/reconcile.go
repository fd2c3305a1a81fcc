// Package reconcile makes the data plane follow the store. One loop reads the
// complete desired state, plans the steps from what runs, applies them and
// reports the result. It is the only translator between the stored model and the
// data plane, and the only place where a listener that cannot be applied becomes
// a reason in a status and does not end the process. Start reading at Loop.Run,
// then plan.
package reconcile

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"elbow/internal/address"
	"elbow/internal/elb"
	"elbow/internal/health"
	"elbow/internal/names"
	"elbow/internal/proxy"
	"elbow/internal/store"
	"elbow/internal/stream"
	"elbow/internal/udp"
)

// A Source is the desired state: a *store.Mirror, or a fake of it.
type Source interface {
	Desired() store.Desired
	Changed() <-chan struct{} // a hint that Desired has changed
}

// A Report writes this node's status of its listeners: Store.ReportStatus.
type Report func(ctx context.Context, node string, changed []elb.ListenerStatus, gone []elb.ListenerKey) error

// Config configures a Loop.
type Config struct {
	Source Source
	Report Report
	Proxy  *proxy.Proxy

	// Streams serve TCP listeners; nil: there are none.
	Streams *stream.Streams

	// Relay serves UDP listeners; nil: there are none.
	Relay *udp.Relay

	Node string // this node's name in reports

	// Addresses assigns the addresses that no interface has, and removes them
	// when they are no longer needed. Nil: addresses are not managed here.
	Addresses *address.Addresses

	// Verdicts are those of the predecessor in a takeover.
	Verdicts []Verdict

	// Reach says where requests and probes may be sent; nil: the zero Reach. It
	// may change: see Loop.Look.
	Reach *elb.Reach

	// Names resolves the domain names of backends. Nil: they get no requests.
	Names *names.Resolver

	// DrainTimeout is how long exchanges may continue after their listener was
	// stopped, deleted or moved, before they are aborted. 0: 30s.
	DrainTimeout time.Duration

	// SlowStart is the time in which a backend that comes up reaches its full
	// share of new sessions. 0: at once.
	SlowStart time.Duration

	// Probes is the maximum number of concurrent health checks of each kind
	// (health.Gate). 0: unlimited.
	Probes int

	// LoadFactor bounds the load of a backend where keys are hashed: see
	// balance.Group.
	LoadFactor int

	Log *slog.Logger // nil: slog.Default()
}

// A Loop decides when to compare the desired state with what runs; its applier makes
// the difference. Its fields belong to the goroutine of Run, except health, stall,
// opened and the board.
type Loop struct {
	source   Source
	resolver resolver
	steps    []step // memory of the last plan, for reuse
	applier  applier
	again    chan struct{} // a pass was requested

	board  *board
	health atomic.Pointer[Health]
	opened chan struct{} // closed after the first pass
	stall  stallClock
}

// New returns a Loop that Run starts.
func New(c Config) *Loop {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.DrainTimeout == 0 {
		c.DrainTimeout = proxy.DefaultDrainTimeout
	}
	board := newBoard(c.Node, c.Report, c.Log)
	l := &Loop{
		source:   c.Source,
		resolver: resolver{reach: c.Reach, names: c.Names},
		applier: applier{
			plane:  plane{proxy: c.Proxy, streams: c.Streams, relay: c.Relay, loadFactor: c.LoadFactor},
			prober: prober{slowStart: c.SlowStart, proxy: c.Proxy, board: board, log: c.Log},
			pairs:  make(keyPairs),
			drains: drains{
				timeout: c.DrainTimeout,
				log:     c.Log,
				open:    make(map[*drain]struct{}),
				of:      make(map[elb.ListenerKey]int),
				ended:   make(chan *drain),
			},
			addresses: c.Addresses,
			board:     board,
			log:       c.Log,
			running:   make(map[key]*unit),
			inherited: verdictsByKey(c.Verdicts),
			stale:     true, // an earlier process may have left addresses
		},
		again:  make(chan struct{}, 1),
		board:  board,
		opened: make(chan struct{}),
	}
	if c.Probes > 0 {
		l.applier.prober.gate = health.NewGate(c.Probes)
	}
	l.health.Store(new(Health))
	return l
}

// Look requests a pass although nothing has changed in the store. It may be
// called from any goroutine.
func (l *Loop) Look() {
	select {
	case l.again <- struct{}{}:
	default: // already requested
	}
}

// Health is the state of the loop after its last pass.
type Health struct {
	Revision  int64 // of the store; 0 before the first pass
	Listeners int   // sockets that should be open, redirects included
	Failing   int   // of Listeners, those not as desired
	Report    error // why the store does not accept the statuses; nil if it does

	// Stalled is how long the loop has stalled in one pass; 0 if it has not.
	// Meanwhile changes have no effect.
	Stalled time.Duration
}

// Opened is closed after the first pass: every listener is open, except those
// that Health counts as failing.
func (l *Loop) Opened() <-chan struct{} { return l.opened }

// Health may be called from any goroutine.
func (l *Loop) Health() Health {
	h := *l.health.Load()
	h.Report = l.board.err()
	h.Stalled = l.stall.stalled()
	return h
}

// Statuses are the statuses of this node's listeners, in no order, whether
// reported to the store yet or not. It may be called from any goroutine; the
// result is shared and must not be modified.
func (l *Loop) Statuses() []elb.ListenerStatus { return l.board.all() }
