package node

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"elbow/internal/backup"
	"elbow/internal/control"
	"elbow/internal/elb"
	"elbow/internal/gateway"
	"elbow/internal/history"
	"elbow/internal/logs"
	"elbow/internal/rpc"
	"elbow/internal/store"
	"elbow/internal/store/embedded"
)

// A controlPlane groups the parts of a node that need the store. It can be closed, and
// another one opened in its place, while the data plane goes on.
type controlPlane struct {
	member   *embedded.Member
	stored   *store.Store
	mirror   *store.Mirror
	service  *control.Service
	history  *history.Store // nil: none
	calls    *gateway.Gateway
	handler  http.Handler         // of every request on the API's port
	registry *prometheus.Registry // of its metrics

	opened time.Time
	clock  error // clock jump since the last write to the store; nil: none

	endStreams   func()     // ends answers that have no end, and refuses new ones
	beginStreams func()     // accepts them again
	hurry        func(bool) // true: answers that are delayed on purpose end early; false: at their normal time
	endRecording func()     // writes the last samples of the history

	ends
}

// openControl opens the store and all parts that use it. nonces are the used nonces that
// another process has handed over; nil: none has. ctx bounds the opening only.
func (o *ownership) openControl(ctx context.Context, nonces []rpc.UsedNonce) (_ *controlPlane, err error) {
	c, log := o.config, o.log
	p := &controlPlane{
		registry:   prometheus.NewRegistry(),
		endStreams: func() {}, beginStreams: func() {}, hurry: func(bool) {}, endRecording: func() {},
	}
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	lastWrite := embedded.LastWrite(c.Data)
	if p.member, err = openMember(ctx, c, log); err != nil {
		return nil, err
	}
	p.opened = time.Now()
	if p.clock = checkClock(lastWrite, p.opened); p.clock != nil {
		log.Warn("clock", "err", p.clock)
	}
	p.atEnd(p.member.Close)
	if p.stored, err = backup.OpenStore(c.Data, p.member); err != nil {
		return nil, err
	}
	p.atEnd(p.stored.Close)
	if _, err := backup.Finish(ctx, c.Data, p.stored, log, o.restored); err != nil {
		return nil, err
	}
	// Statuses that a process of this node left when it died would contradict those of
	// this process until its lease ends.
	if err := p.stored.ForgetStatus(ctx, nodeName()); err != nil {
		log.Warn("statuses of a dead process stay until its lease ends", "err", err)
	}
	p.atEnd(background(p.stored.KeepSessionKeys))
	p.history = openHistory(c, log)
	p.service = control.New(control.Config{Store: p.stored, History: p.history, Reach: o.reach, EIPs: elb.EIPPool(c.EIPPool), Lockout: o.lockout, Lookup: o.names.Lookup, Known: o.names.Addresses})
	p.hurry = p.service.HurryPasswords
	if err := bootstrap(c, o.endpoint, p.service, log); err != nil {
		return nil, err
	}
	if err := p.openMirror(); err != nil {
		return nil, err
	}
	p.registry.MustRegister(p.member.Collector(), expiries{p.mirror.Desired}, invalids{p.mirror.Desired})
	p.atEnd(background(func(ctx context.Context) { watchInvalid(ctx, p.mirror.Desired, log) }))
	p.registry.MustRegister(historyGauges(p.history)...)
	p.calls = gateway.New(gateway.Config{
		Handlers: p.service.Handlers(), Keys: keys(p.stored), Sessions: sessions(p.stored), Authenticated: trust, Log: logs.Sparing(log), Audit: o.audit, Registerer: p.registry, Nonces: p.openNonces(c, nonces, log),
	})
	p.atEnd(p.calls.Close)
	backups := &backup.Server{Version: c.Version, Stored: p.stored, SealKey: p.member.SealKey(), Restores: o.restores}
	stop, err := backups.Serve(c.Data)
	if err != nil {
		return nil, err
	}
	p.atEnd(stop)
	return p, nil
}

// noncesFile is the file in the data directory that keeps the nonces of calls that were
// made.
const noncesFile = "nonces"

// openNonces returns the nonces that another process handed over and those in the file.
func (p *controlPlane) openNonces(c Config, told []rpc.UsedNonce, log *slog.Logger) *rpc.Nonces {
	nonces := rpc.NewNonces()
	nonces.Remember(told)
	expected := told == nil && !p.member.Fresh()
	nonces.Keep(filepath.Join(c.Data, noncesFile), expected, func(err error) { log.Warn("used nonces", "err", err) })
	p.atEnd(nonces.Close)
	return nonces
}

// openHandler starts to serve calls, and the console if it is enabled. It also starts the
// recording of the data plane's counters.
func (p *controlPlane) openHandler(o *ownership) error {
	if p.history != nil {
		p.endRecording = background(func(ctx context.Context) { o.data.recorder.Run(ctx, p.history) })
		p.atEnd(p.endRecording)
	}
	p.handler = p.calls
	pages, err := p.openPages(o.config, consoleParts{
		lockout: o.lockout, calls: p.calls, people: people{p.stored, p.service}, mirror: p.mirror, history: p.history, traffic: o.data.traffic, loop: o.data.loop,
	}, o.log)
	if err != nil || pages == nil {
		return err
	}
	p.handler = withConsole(p.calls, pages, o.config.APICert != "")
	p.endStreams, p.beginStreams = pages.EndStreams, pages.BeginStreams
	return nil
}

// inUsePatience is how long opening waits for another process to release the data
// directory, which may have been killed a moment ago during a handover.
const inUsePatience = 5 * time.Second

// openMember opens the data directory. In a takeover the older process has released it
// immediately before.
func openMember(ctx context.Context, c Config, log *slog.Logger) (*embedded.Member, error) {
	for began := time.Now(); ; {
		m, err := embedded.Start(ctx, embedded.Config{Dir: c.Data, Document: store.VerifyDocument, Log: log})
		if !c.Takeover || !errors.Is(err, embedded.ErrInUse) || time.Since(began) > inUsePatience {
			return m, err
		}
		select {
		case <-time.After(inUsePatience / 100):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// openMirror starts to follow the store.
func (p *controlPlane) openMirror() (err error) {
	ctx, stop := context.WithCancel(context.Background())
	if p.mirror, err = p.stored.Mirror(ctx); err != nil {
		stop()
		return err
	}
	p.atEnd(func() {
		stop()
		p.mirror.Wait()
	})
	return nil
}

// close ends all parts.
func (p *controlPlane) close() { p.endAll(context.Background()) }
