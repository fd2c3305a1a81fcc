package node

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"elbow/internal/address"
	"elbow/internal/proxy"
	"elbow/internal/reconcile"
)

// Run runs a node until it is told to end.
func Run(c Config, log *slog.Logger) error {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	defer signal.Stop(signals)

	n, err := startUntil(signals, c, log)
	if n == nil {
		return err
	}
	failure := n.untilEnd(signals)
	if !n.yielded.Load() {
		notify(log, "STOPPING=1")
	}

	ctx, cut := context.WithTimeout(context.Background(), c.DrainTimeout)
	defer cut()
	go cutAtSignal(ctx, signals, cut) // ends with ctx
	n.Close(ctx)
	log.Info("ended")
	return failure
}

// cutAtSignal ends the drain at the next signal to end.
func cutAtSignal(ctx context.Context, signals <-chan os.Signal, cut context.CancelFunc) {
	for {
		select {
		case s := <-signals:
			if s != syscall.SIGHUP {
				cut()
			}
		case <-ctx.Done():
			return
		}
	}
}

// abortTime is how long a start that a signal has ended may take to let go of what
// it has opened. The end of the process lets go of the rest.
const abortTime = 2 * time.Second

// startUntil starts a node, unless a signal to end comes first: then the node is nil.
func startUntil(signals <-chan os.Signal, c Config, log *slog.Logger) (*Node, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	type outcome struct {
		Node *Node
		err  error
	}
	started := make(chan outcome, 1)
	go func() { // ends with start, or with the process
		n, err := Start(ctx, c, log)
		started <- outcome{n, err}
	}()
	reload := false
	for {
		select {
		case o := <-started:
			if o.err == nil && reload {
				o.Node.reload()
			}
			return o.Node, o.err
		case s := <-signals:
			if s == syscall.SIGHUP {
				reload = true
				continue
			}
			log.Info("start ended", "signal", s.String())
			cancel()
			select {
			case o := <-started:
				if o.Node != nil {
					o.Node.end()
				}
			case <-time.After(abortTime):
			}
			return nil, nil
		}
	}
}

// Start puts the product together and runs it. What it has started, it ends
// again if a later part does not start. It gives up when ctx ends.
func Start(ctx context.Context, c Config, log *slog.Logger) (_ *Node, err error) {
	n := newNode(c, log)
	defer func() {
		if err != nil {
			n.end()
		}
	}()
	n.atEnd(n.servers.Wait)
	access, err := n.openLog("access log", c.AccessLog, 0)
	if err != nil {
		return nil, err
	}
	older, err := n.ask(c)
	if err != nil {
		return nil, err
	}
	own, err := n.openPorts(c, older)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if n.audit, err = n.openLog("audit log", c.auditPath(), c.AuditSize); err != nil {
		return nil, err
	}
	control, err := n.openControl(ctx, older.nonces())
	if err != nil {
		return nil, err
	}
	n.control.Store(control)
	n.atEnd(n.closeControl)

	if err := n.openTraffic(c, older, own, access); err != nil {
		return nil, err
	}
	if err := control.openHandler(n); err != nil {
		return nil, err
	}
	n.serveAPI(c, own)
	return n, n.take(older)
}

// openTraffic runs the data plane by what the control plane has stored.
func (n *Node) openTraffic(c Config, older *predecessor, own ports, access io.Writer) error {
	limit := openFilesLimit()
	control := n.control.Load()
	countFiles(control.mirror.Desired(), c, limit, n.log)
	n.traffic = proxy.New(proxy.Options{
		Descriptors: limit,
		Log:         n.log, AccessLog: access, MaxConns: c.MaxConnections, MaxListenerConns: c.MaxListenerConns, DrainTimeout: c.DrainTimeout, AbortOnClose: c.AbortOnClose,
		HTTP3: c.HTTP3, MaxBackendConns: c.MaxBackendConns, QueueTimeout: c.QueueTimeout,
		MaxHandshakes: c.MaxHandshakes, Memory: int64(c.MemoryLimit),
		RetryPercent: orNone(c.RetryPercent), RetryBurst: orNone(c.RetryBurst),
		Inherited: older.sockets(),
	})
	n.atEnd(n.traffic.Close)
	n.recorder = newRecorder(n.traffic)
	addresses, err := openAddresses(c)
	if err != nil {
		return err
	}
	n.loop = reconcile.New(reconcile.Config{
		Source: control.mirror, Report: control.stored.ReportStatus, Proxy: n.traffic, Node: nodeName(),
		Addresses: addresses, Verdicts: older.verdicts(), DrainTimeout: c.DrainTimeout, Log: n.log,
		SlowStart: c.SlowStart, Reach: n.reach, LoadFactor: c.LoadFactor, Probes: probesAtOnce(limit),
	})
	registry := newRegistry(c.Version, n.traffic, n.loop)
	n.guests.collect(registry)
	n.serveAdmin(own.admin, registry)
	n.stopLoop = background(n.loop.Run)
	n.ends = append(n.ends, func(ctx context.Context) {
		n.stopLoop()
		n.loop.Drain(ctx)
	})
	return nil
}

// openAddresses is nil without -manage-addresses. The owner of addresses is who
// owns the data directory.
func openAddresses(c Config) (*address.Addresses, error) {
	if !c.ManageAddresses {
		return nil, nil
	}
	dir, err := filepath.Abs(c.Data)
	if err != nil {
		return nil, err
	}
	return address.OpenAddresses(dir)
}

// nodeName is the name that statuses are reported under.
func nodeName() string {
	name, err := os.Hostname()
	if err != nil || name == "" {
		return "node"
	}
	return name
}
