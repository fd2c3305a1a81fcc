// Package proxy serves the listeners for HTTP and HTTPS: sockets, TLS and QUIC handshakes,
// limits on connections, drain, and its part of a takeover. It takes a Config and knows
// neither the API nor the store, so that traffic continues without them. It decides
// nothing about requests: proxy/tcp, proxy/h2 and proxy/h3 read them, package exchange
// processes them. TCP and UDP listeners are packages stream and udp.
//
// Start reading at Listener (listener.go), then tls.go for connections over TCP and
// quic.go for those over QUIC; drain.go ends a listener, handover.go gives its sockets to
// another process.
package proxy

import (
	"cmp"
	"errors"
	"io"
	"log/slog"
	"math"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	"elbow/internal/accesslog"
	"elbow/internal/exchange"
	"elbow/internal/metrics"
	"elbow/internal/overload"
	"elbow/internal/socket"
	"elbow/internal/upstream"
)

// Options configure the data plane of the machine; customers configure Configs. Zero
// values mean the defaults of limits.go.
type Options struct {
	Log       *slog.Logger // nil: slog.Default()
	AccessLog io.Writer    // receives JSON lines, in large writes; nil: no access log

	MaxConns         int // client connections of the process, default DefaultMaxConns
	MaxListenerConns int // client connections of one listener, default MaxConns

	// MaxBackendConns is the number of exchanges that may be in flight with one backend of
	// one listener, each on a connection of its own, default DefaultMaxBackendConns. As many
	// more may queue for up to QueueTimeout, default DefaultQueueTimeout; further ones get
	// 503.
	MaxBackendConns int
	QueueTimeout    time.Duration

	// MaxHandshakes is the number of TLS handshakes that may be computed at once, default
	// GOMAXPROCS.
	MaxHandshakes int

	// Memory is how much memory the process may use, in bytes. When the part held for
	// clients comes near it, new requests are answered with 503 and new connections are
	// closed. 0: no limit.
	Memory int64

	// Descriptors is the number of files that the process may have open. Listeners and
	// connections leave some of them for other purposes. 0: no limit.
	Descriptors int

	// RetryPercent is the number of retries with another backend that are allowed per hundred
	// exchanges of a listener, default DefaultRetryPercent; RetryBurst is the number
	// that is allowed at once after a time without any, default DefaultRetryBurst. Negative: none.
	RetryPercent int
	RetryBurst   int

	// DrainTimeout is how long exchanges with a retired backend may continue before they
	// are cut. Default DefaultDrainTimeout.
	DrainTimeout time.Duration

	// AbortOnClose ends an exchange when its client half-closes its TCP connection.
	// Otherwise a half-close only ends what the client sends, and the answer is delivered.
	AbortOnClose bool

	// HTTP3 enables HTTP/3 on the UDP port of TLS listeners.
	HTTP3 bool

	// MaxShaking is the number of QUIC handshakes of a listener that may be in progress before new
	// clients have to validate their address first, default 1,000; negative: they always
	// have to.
	MaxShaking int

	// Inherited are the sockets that another process of this node has handed over.
	// Listeners use them instead of opening their own, and no listener accepts anything
	// before Begin. Nil: there is no such process.
	Inherited []Socket

	Limits exchange.Limits
}

// A Proxy is shared by all HTTP and HTTPS listeners of the process.
type Proxy struct {
	Handover

	process      exchange.Process // for the exchanges
	maxBackend   int              // limit of exchanges with one backend
	queueFor     time.Duration    // longest wait in a backend's queue
	retryPercent int
	retryBurst   int
	maxShaking   int   // QUIC handshakes of a listener
	quicRoom     int64 // QUIC handshakes that fit into memory
	http3        bool

	listeners *metrics.Set[exchange.ListenerCounts]
	backends  *metrics.Set[exchange.BackendCounts]

	lot     *socket.Lot // parking lot of idle client connections; nil: they keep a goroutine each
	clients clients

	quicShaking atomic.Int64 // QUIC handshakes in progress

	shakes  overload.Gate // of TLS handshakes being computed
	yield   overload.HandshakeYield
	shaking overload.Episode // too many handshakes
	files   overload.Descriptors
	scarce  overload.Episode // descriptors are short
	replays replayGuard
}

// New returns a Proxy without listeners. The caller must call Close.
func New(o Options) *Proxy {
	p := &Proxy{
		process: exchange.Process{
			Log:          o.Log,
			Limits:       o.Limits.WithDefaults(),
			Drain:        cmp.Or(o.DrainTimeout, DefaultDrainTimeout),
			AbortOnClose: o.AbortOnClose,
		},
		http3: o.HTTP3,

		Handover: Handover{
			tag:       newTag(o.Inherited),
			begun:     make(chan struct{}),
			open:      make(map[*Listener]struct{}),
			inherited: byName(o.Inherited),
		},

		maxBackend: cmp.Or(o.MaxBackendConns, DefaultMaxBackendConns),
		queueFor:   cmp.Or(o.QueueTimeout, DefaultQueueTimeout),

		retryPercent: max(0, cmp.Or(o.RetryPercent, DefaultRetryPercent)),
		retryBurst:   max(0, cmp.Or(o.RetryBurst, DefaultRetryBurst)),

		maxShaking: cmp.Or(o.MaxShaking, quicShaking),

		listeners: exchange.NewListenerSet(),
		backends:  exchange.NewBackendSet(),
	}
	p.Handover.files = &p.files
	p.clients.max = cmp.Or(o.MaxConns, DefaultMaxConns)
	p.clients.maxListener = cmp.Or(o.MaxListenerConns, p.clients.max)
	if o.Inherited == nil {
		p.Begin()
	}
	p.shakes = overload.Gate{
		Limit: int64(cmp.Or(o.MaxHandshakes, runtime.GOMAXPROCS(0))),
		Room:  handshakeRoom, Patience: handshakePatience, Inside: new(atomic.Int64),
	}
	p.process.Budget.Start(o.Memory, &p.clients.open, p.relieve)
	p.quicRoom = math.MaxInt64
	if limit := p.process.Budget.Limit(); limit > 0 {
		p.quicRoom = limit / quicRoomShare / overload.QUICCost
	}
	p.files.Limit = int64(o.Descriptors)
	if p.process.Log == nil {
		p.process.Log = slog.Default()
	}
	p.yield.Open()
	p.replays.open()
	if lot, err := socket.NewLot(); err == nil {
		p.lot = lot
	} else if !errors.Is(err, errors.ErrUnsupported) {
		p.process.Log.Warn("idle connections keep their goroutines", "err", err)
	}
	if o.AccessLog != nil {
		p.process.Access = accesslog.New(o.AccessLog, p.process.Log)
	}
	return p
}

// Close flushes the access log. The listeners must have been drained before.
func (p *Proxy) Close() {
	p.process.Budget.Close()
	if p.process.Access != nil {
		p.process.Access.Close()
	}
	if p.lot != nil {
		p.lot.Close()
	}
	p.yield.Close()
}

// NewBackend returns the backend at address, an IP:port, of unknown health and without
// connections. The load balancer and the port of the listener label its metrics.
func (p *Proxy) NewBackend(loadBalancer string, port int, id, address string) *exchange.Backend {
	return p.NewBackendOf(loadBalancer, strconv.Itoa(port), id, address)
}

// NewBackendOf is NewBackend with the listener label given as text.
func (p *Proxy) NewBackendOf(loadBalancer, listener, id, address string) *exchange.Backend {
	return exchange.NewBackend(&exchange.BackendOptions{
		ID: id, Address: address, Pool: upstream.Options{Control: p.files.Control},
		Room: p.maxBackend, QueueFor: p.queueFor, Drain: p.process.Drain, Counts: p.backends, Labels: [2]string{loadBalancer, listener},
	})
}
