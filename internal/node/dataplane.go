package node

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"elbow/internal/address"
	"elbow/internal/elb"
	"elbow/internal/history"
	"elbow/internal/proxy"
	"elbow/internal/reconcile"
	"elbow/internal/stream"
	"elbow/internal/udp"
)

// A dataPlane is the traffic of a node, and the loop that has it follow what the
// control plane has stored.
type dataPlane struct {
	traffic  *proxy.Proxy
	streams  *stream.Streams // of TCP listeners; nil: they cannot be served
	relay    *udp.Relay      // of UDP listeners; nil: they cannot be served
	loop     *reconcile.Loop
	recorder *history.Recorder // of what traffic counts

	stopLoop func() // ends a pass that is under way, and begins none
}

// openDataPlane opens listeners on what the older process has handed over. They follow
// the control plane once follow is called. A nil access has no access log.
func openDataPlane(c Config, control *controlPlane, older *predecessor, reach *elb.Reach, access io.Writer, log *slog.Logger) (*dataPlane, error) {
	addresses, err := openAddresses(c)
	if err != nil {
		return nil, err
	}
	limit := openFilesLimit()
	countFiles(control.mirror.Desired(), c, limit, log)
	d := &dataPlane{stopLoop: func() {}}
	d.traffic = proxy.New(proxy.Options{
		Descriptors: limit,
		Log:         log, AccessLog: access, MaxConns: c.MaxConnections, MaxListenerConns: c.MaxListenerConns, DrainTimeout: c.DrainTimeout, AbortOnClose: c.AbortOnClose,
		HTTP3: c.HTTP3, MaxBackendConns: c.MaxBackendConns, QueueTimeout: c.QueueTimeout,
		MaxHandshakes: c.MaxHandshakes, Memory: c.MemoryLimit,
		RetryPercent: orNone(c.RetryPercent), RetryBurst: orNone(c.RetryBurst),
		Inherited: older.sockets(),
	})
	d.streams, d.relay = openStreams(c, d.traffic, log), openRelay(c, d.traffic, log)
	d.recorder = newRecorder(d.traffic)
	d.loop = reconcile.New(reconcile.Config{
		Source: control.mirror, Report: control.stored.ReportStatus, Proxy: d.traffic, Streams: d.streams, Relay: d.relay, Node: nodeName(),
		Addresses: addresses, Verdicts: older.verdicts(), DrainTimeout: c.DrainTimeout, Log: log,
		SlowStart: c.SlowStart, Reach: reach, LoadFactor: c.LoadFactor, Probes: probesAtOnce(limit),
	})
	return d, nil
}

// follow has listeners follow what is stored.
func (d *dataPlane) follow() { d.stopLoop = background(d.loop.Run) }

// halt has what runs stay as it is.
func (d *dataPlane) halt() { d.stopLoop() }

// resume follows a control plane again, which may be another one.
func (d *dataPlane) resume(control *controlPlane) {
	d.loop.Resume(control.mirror, control.stored.ReportStatus)
	d.follow()
}

// drain takes nothing new, and lets what is under way end until ctx ends.
func (d *dataPlane) drain(ctx context.Context) {
	d.halt()
	d.loop.Drain(ctx)
}

// close ends what has been drained.
func (d *dataPlane) close() {
	if d.streams != nil {
		d.streams.Close()
	}
	if d.relay != nil {
		d.relay.Close()
	}
	d.traffic.Close()
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
