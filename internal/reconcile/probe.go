package reconcile

import (
	"cmp"
	"log/slog"
	"net/netip"
	"time"

	"elbow/internal/balance"
	"elbow/internal/elb"
	"elbow/internal/health"
	"elbow/internal/proxy"
)

// A prober starts the health checks of backends and has their verdicts take effect.
type prober struct {
	gate      *health.Gate // nil: the number of concurrent probes is unlimited
	slowStart time.Duration
	proxy     *proxy.Proxy
	board     *board
	log       *slog.Logger
}

// start starts to probe a backend, or restarts with another check. The verdict of
// the old check applies until the new one has another.
func (p *prober) start(b *backend, d *spec, id backendID) {
	b.quiet()
	b.check = d.check
	port := cmp.Or(uint16(d.check.port), id.address.Port())
	b.checker = health.Start(health.Config{
		Kind:     d.check.kind,
		Request:  d.check.request,
		Expect:   d.check.expect,
		Address:  netip.AddrPortFrom(id.address.Addr(), port).String(),
		H2C:      d.check.h2c && port == id.address.Port(), // a separate port for checks speaks HTTP/1.1
		Host:     d.check.host,
		URI:      d.check.uri,
		Method:   d.check.method,
		Success:  d.check.success,
		Interval: d.check.interval,
		Timeout:  d.check.timeout,
		Rise:     d.check.rise,
		Fall:     d.check.fall,
		Gate:     p.gate,
		Control:  p.proxy.Files().Control,
	}, verdicts[b.proxy.Member.Health()], p.reporter(d, id, b.proxy.Member))
}

// quiet stops the probes of a backend; their last verdict still applies.
func (b *backend) quiet() {
	if b.checker != nil {
		b.checker.Stop()
		b.checker = nil
	}
	b.check = check{}
}

// The verdicts of the checkers in the schedulers' terms, and the reverse.
var (
	verdicts = [...]health.Verdict{
		balance.Unknown: health.Unknown, balance.Healthy: health.Up, balance.Unhealthy: health.Down,
	}
	healths = [...]balance.Health{
		health.Unknown: balance.Unknown, health.Up: balance.Healthy, health.Down: balance.Unhealthy,
	}
	healthNames = [...]string{balance.Unknown: "unknown", balance.Healthy: "healthy", balance.Unhealthy: "unhealthy"}
)

// reporter is the callback of a backend's checker, which calls it from its own
// goroutine. The next exchange sees the verdict at once, the store a moment
// later.
func (p *prober) reporter(d *spec, id backendID, m *balance.Member) func(health.Verdict, error) {
	owner, name := d.owner, id.name()
	log := p.log.With("lb", d.loadBalancer, "listener", d.port, "protocol", d.protocol, "backend", name, "address", id.address)
	return func(v health.Verdict, err error) {
		was := m.Health()
		if v == health.Up && was != balance.Healthy {
			m.Rise(p.slowStart)
		}
		m.SetHealth(healths[v])
		switch {
		case was == healths[v]:
		case v == health.Up:
			log.Info("backend up")
		case v == health.Down:
			log.Warn("backend down", "err", err)
		}
		p.board.verdict(owner, backendStatus(id, healths[v], err))
	}
}

func backendStatus(id backendID, h balance.Health, err error) elb.BackendStatus {
	s := elb.BackendStatus{ServerID: id.server, Address: id.address.String(), Health: healthNames[h]}
	if err != nil && h != balance.Healthy {
		s.LastErr = err.Error()
	}
	return s
}
