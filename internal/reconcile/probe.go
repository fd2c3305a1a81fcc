package reconcile

import (
	"cmp"
	"net/netip"

	"elbow/internal/balance"
	"elbow/internal/elb"
	"elbow/internal/health"
)

// probe starts to probe a backend, or restarts with another check. The verdict of
// the old check applies until the new one has another.
func (l *Loop) probe(u *unit, d *spec, id backendID) {
	b := u.backends[id]
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
		Gate:     l.probes,
		Control:  l.proxy.Files().Control,
	}, verdicts[b.proxy.Member.Health()], l.reporter(d, id, b.proxy.Member))
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
func (l *Loop) reporter(d *spec, id backendID, m *balance.Member) func(health.Verdict, error) {
	owner, name := d.owner, id.name()
	log := l.log.With("lb", d.loadBalancer, "listener", d.port, "protocol", d.protocol, "backend", name, "address", id.address)
	return func(v health.Verdict, err error) {
		was := m.Health()
		if v == health.Up && was != balance.Healthy {
			m.Rise(l.slowStart)
		}
		m.SetHealth(healths[v])
		switch {
		case was == healths[v]:
		case v == health.Up:
			log.Info("backend up")
		case v == health.Down:
			log.Warn("backend down", "err", err)
		}
		l.board.verdict(owner, backendStatus(id, healths[v], err))
	}
}

func backendStatus(id backendID, h balance.Health, err error) elb.BackendStatus {
	s := elb.BackendStatus{ServerID: id.server, Address: id.address.String(), Health: healthNames[h]}
	if err != nil && h != balance.Healthy {
		s.LastErr = err.Error()
	}
	return s
}
