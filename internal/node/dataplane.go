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
	"elbow/internal/names"
	"elbow/internal/proxy"
	"elbow/internal/reconcile"
	"elbow/internal/stream"
	"elbow/internal/udp"
)

// A dataPlane serves the traffic of a node. Its loop applies the state that the control
// plane has stored.
type dataPlane struct {
	traffic  *proxy.Proxy
	streams  *stream.Streams // of TCP listeners; nil: they cannot be served
	relay    *udp.Relay      // of UDP listeners; nil: they cannot be served
	loop     *reconcile.Loop
	recorder *history.Recorder // of what traffic counts
	names    *names.Resolver   // of backends

	stopLoop func() // cancels a pass in progress, and starts no other
}

// openDataPlane opens listeners on the sockets that the older process has handed over.
// They follow the control plane once follow is called. A nil access means no access log.
func openDataPlane(c Config, control *controlPlane, older *predecessor, reach *elb.Reach, names *names.Resolver, access io.Writer, log *slog.Logger) (*dataPlane, error) {
	addresses, err := openAddresses(c)
	if err != nil {
		return nil, err
	}
	limit := openFilesLimit()
	countFiles(control.mirror.Desired(), c, limit, log)
	d := &dataPlane{stopLoop: func() {}, names: names}
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
		SlowStart: c.SlowStart, Reach: reach, Names: names, LoadFactor: c.LoadFactor, Probes: probesAtOnce(limit),
	})
	return d, nil
}

// follow starts to apply the stored state to the listeners.
func (d *dataPlane) follow() {
	d.names.Hold()
	d.stopLoop = background(d.loop.Run)
}

// halt stops applying the stored state; listeners go on as they are. The file of names is
// left to whoever owns the data directory next.
func (d *dataPlane) halt() {
	d.stopLoop()
	d.names.Release()
}

// resume follows a control plane again, which may be a new one.
func (d *dataPlane) resume(control *controlPlane) {
	d.loop.Resume(control.mirror, control.stored.ReportStatus)
	d.follow()
}

// drain accepts nothing new, and waits until exchanges in flight have ended or ctx ends.
func (d *dataPlane) drain(ctx context.Context) {
	d.halt()
	d.loop.Drain(ctx)
}

// close ends what is left after a drain.
func (d *dataPlane) close() {
	if d.streams != nil {
		d.streams.Close()
	}
	if d.relay != nil {
		d.relay.Close()
	}
	d.traffic.Close()
}

// openAddresses returns nil without -manage-addresses. The process that owns the data
// directory owns the addresses.
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

// nodeName returns the name under which statuses are reported.
func nodeName() string {
	name, err := os.Hostname()
	if err != nil || name == "" {
		return "node"
	}
	return name
}
