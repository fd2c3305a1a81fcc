// Package node is a process of elbow that serves: it opens the store, runs control plane
// and data plane on it, serves API, console and metrics, and hands over to a newer
// process. Flags and the printing of errors are in cmd/elbow. Start reading at Start, then
// run.go for the events that a running node handles. A takeover is yield.go in the older
// process and takeover.go in the newer one; package handover has the messages.
package node

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"elbow/internal/backup"
	"elbow/internal/connlimit"
	"elbow/internal/handover"
	"elbow/internal/lockout"
	"elbow/internal/names"
)

// A Node is a running control plane and data plane with their servers.
type Node struct {
	APIURL   string
	AdminURL string // "": off

	config  Config
	log     *slog.Logger
	own     ownSockets // of API and admin
	reloads reloads
	servers servers
	ends

	store *ownership // the store and the control plane, which a newer process takes over
	data  *dataPlane // the traffic
	api   *apiPort
	admin *net.TCPListener // nil: off

	requests  *handover.Listener // of processes that want to take over
	successor *handover.Request  // of the process that has taken over; its end shows that process when this one ends
	older     drainingProcesses

	draining atomic.Bool
	yielded  atomic.Bool // to another process
}

// Start creates all parts and runs them. If a part does not start, those that were started
// are ended again. It gives up when ctx ends.
func Start(ctx context.Context, c Config, log *slog.Logger) (_ *Node, err error) {
	n := newNode(c, log)
	defer func() {
		if err != nil {
			n.end()
		}
	}()
	access, err := n.openLog("access log", c.AccessLog, 0)
	if err != nil {
		return nil, err
	}
	older, err := askPredecessor(c, log)
	if err != nil {
		return nil, err
	}
	n.atEnd(older.close)
	own, err := openPorts(c, older, &n.ends, log)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if n.store.audit, err = n.openLog("audit log", c.auditPath(), c.AuditSize); err != nil {
		return nil, err
	}
	n.store.endpoint = endpointOf(c, own.api)
	if err := n.store.open(ctx, older.nonces()); err != nil {
		return nil, err
	}
	n.atEnd(n.store.close)
	if n.data, err = openDataPlane(c, n.store.control(), older, n.store.reach, n.store.names, access, log); err != nil {
		return nil, err
	}
	n.atEnd(n.data.close)
	n.store.data = n.data
	n.api = newAPIPort(c, own, n.store.door, n.store.control, log)
	n.serveAdmin(own.admin)
	n.data.follow()
	n.atEnd(n.older.unwatch) // after the drain, during which packets are still passed on to them
	n.atEndWithin(n.data.drain)
	if err := n.store.control().openHandler(n.store); err != nil {
		return nil, err
	}
	n.serveAPI()
	return n, n.take(older)
}

func newNode(c Config, log *slog.Logger) *Node {
	n := &Node{config: c, log: log, reloads: reloads{log: log}, servers: servers{failed: make(chan error, 3)}}
	n.store = &ownership{
		config: c, log: log, reach: newReach(c, &n.own), lockout: lockout.New(time.Now), door: newDoor(), restores: make(chan *backup.Order),
	}
	n.store.names = names.New(names.Config{
		Servers: c.DNSServers, File: filepath.Join(c.Data, namesFile), Log: log,
	})
	n.atEnd(n.servers.running.Wait)
	n.atEnd(n.store.names.Close)
	return n
}

// serveAdmin serves metrics and health on l; it does nothing if l is nil.
func (n *Node) serveAdmin(l *net.TCPListener) {
	if l == nil {
		return
	}
	n.admin = l
	n.own.add(l.Addr())
	n.AdminURL = "http://" + l.Addr().String()
	registry := newRegistry(n.config.Version, n.data.traffic, n.data.loop)
	n.api.limits.collect(registry)
	registry.MustRegister(resolution{n.data.names})
	n.serve(newAdminServer(
		&report{config: n.config, data: n.data, store: n.store, pair: n.api.pair, draining: &n.draining},
		&metricsPage{registry, n.store.control, n.data.traffic, n.config.MetricsListeners, n.config.MetricsBackends},
		n.log,
	), connlimit.New(l, connlimit.Limits{Conns: adminConnections, Pending: adminMemory}))
}

// serveAPI serves the API and, if it is enabled, the console. Calls wait until the door is
// open.
func (n *Node) serveAPI() {
	if n.api.pair != nil {
		n.reloads.add(n.api.pair.read)
	}
	n.own.add(n.api.listener.Addr())
	n.data.loop.Look() // a backend may be on a port that was opened just now
	n.APIURL = n.api.url
	n.serve(n.api.server, n.api.port)
	n.atEnd(n.hearNobody)
	n.atEndWithin(func(ctx context.Context) {
		if n.yielded.Load() {
			n.api.conns.wait(ctx)
		}
	})
}

// hear accepts requests of other processes to take over, and calls that they pass on.
func (n *Node) hear() (err error) {
	n.hearNobody()
	if n.requests, err = handover.Listen(n.config.Data, n.config.Version, n.log); err != nil {
		return err
	}
	n.servers.serve(n.api.server, n.requests.Calls())
	return nil
}

// hearNobody undoes hear.
func (n *Node) hearNobody() {
	if n.requests != nil {
		n.requests.Close()
	}
}

// Close drains and ends all parts; exchanges that are still in flight when ctx ends are
// cut.
func (n *Node) Close(ctx context.Context) {
	n.draining.Store(true)
	if control := n.store.control(); control != nil {
		control.endRecording() // before the listeners close
	}
	n.endAll(ctx)
}

// end is Close without a drain.
func (n *Node) end() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	n.Close(ctx)
}

// serve runs an HTTP server in the background until the node ends.
func (n *Node) serve(server *http.Server, l net.Listener) {
	n.servers.serve(server, l)
	n.atEndWithin(func(ctx context.Context) { shutDown(ctx, server) })
}
