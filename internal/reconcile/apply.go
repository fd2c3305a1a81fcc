package reconcile

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"elbow/internal/balance"
	"elbow/internal/cert"
	"elbow/internal/elb"
	"elbow/internal/exchange"
	"elbow/internal/proxy"
	"elbow/internal/stream"
	"elbow/internal/udp"
)

// apply executes the steps in order. If a step of a unit fails, the rest of that
// unit's steps is skipped, and no others.
func (l *Loop) apply(steps []step, certificates map[string]elb.Certificate, now time.Time) {
	for len(steps) > 0 {
		n := 1
		switch steps[0].op {
		case opDrain:
			l.drain(steps[0].key)
		case opDetach:
			l.detach(steps[0].key, steps[0].at)
		default:
			for n < len(steps) && steps[n].key == steps[0].key {
				n++
			}
			l.converge(steps[:n], certificates, now)
		}
		steps = steps[n:]
	}
}

// converge executes the steps of one unit and records the result.
func (l *Loop) converge(steps []step, certificates map[string]elb.Certificate, now time.Time) {
	d := steps[0].spec
	u := l.running[d.key]
	if u == nil {
		u = &unit{backends: make(map[backendID]*backend)}
		u.spec.key = d.key
		l.running[d.key] = u
	}
	was := u.spec.owner
	u.spec.owner, u.spec.revision, u.spec.forward = d.owner, d.revision, d.forward
	l.refuse(u, d)
	if err := l.doAll(u, steps, certificates); err != nil {
		l.fail(u, d, err, now)
	} else {
		l.settle(u, d)
	}
	if was != d.owner && was != (elb.ListenerKey{}) {
		l.tell(was)
	}
	l.tell(d.owner)
}

// refuse records which backends of d are not served, and logs each once.
func (l *Loop) refuse(u *unit, d *spec) {
	for _, r := range d.refused {
		if !slices.Contains(u.spec.refused, r) {
			l.log.Warn("backend not served", "lb", d.loadBalancer, "listener", d.port, "protocol", d.protocol, "backend", r.name(), "address", r.address, "err", r.why)
		}
	}
	u.spec.refused = slices.Clone(d.refused)
}

// doAll executes the steps of one unit. An address that cannot be bound is
// reported at the end, and no step is skipped for it as long as there is another
// address.
func (l *Loop) doAll(u *unit, steps []step, certificates map[string]elb.Certificate) error {
	var missing error
	for _, s := range steps {
		if s.op != opOpen && missing != nil && !u.open {
			return missing
		}
		err := l.do(u, s, certificates)
		switch {
		case err == nil:
		case s.op != opOpen:
			return also(missing, err)
		default:
			missing = also(missing, err)
		}
	}
	return missing
}

// also joins two errors in one line.
func also(one, other error) error {
	if one == nil {
		return other
	}
	return fmt.Errorf("%w; %w", one, other)
}

// settle records that u is as desired.
func (l *Loop) settle(u *unit, d *spec) {
	u.spec.check = d.check // each backend had its own step for it
	u.spec.also = slices.Clone(d.also)
	if u.fault != nil {
		l.log.Info("listener as desired again", "lb", d.loadBalancer, "listener", d.port, "protocol", d.protocol, "rev", l.revision)
		u.fault = nil
	}
}

// fail records why u is not as desired. Repeated equal failures are logged once.
func (l *Loop) fail(u *unit, d *spec, err error, now time.Time) {
	f := &fault{err: err, tried: d.clone(), tries: 1}
	if was := u.fault; was != nil && was.tried.same(d) {
		f.tries += was.tries
	}
	if u.fault == nil || u.fault.err.Error() != err.Error() {
		l.log.Error("listener not as desired", "lb", d.loadBalancer, "listener", d.port, "protocol", d.protocol, "rev", l.revision, "err", err)
	}
	f.retry = now.Add(pause(f.tries))
	u.fault = f
}

// do executes one step.
func (l *Loop) do(u *unit, s step, certificates map[string]elb.Certificate) error {
	switch s.op {
	case opCertificate:
		return l.load(u, s.spec, certificates)
	case opSessions:
		u.rekey(s.spec)
	case opJoin:
		l.join(u, s.spec, s.backend)
	case opOpen:
		return l.open(u, s.spec, s.at)
	case opSwap:
		return l.swap(u, s.spec)
	case opProbe:
		l.probe(u, s.spec, s.backend)
	case opQuiet:
		u.backends[s.backend].quiet()
		u.backends[s.backend].proxy.Member.SetHealth(balance.Healthy)
	case opLeave:
		u.backends[s.backend].quiet()
		l.retire(u.backends[s.backend])
		delete(u.backends, s.backend)
	}
	return nil
}

// load makes new handshakes use the certificates: all of them or, if one is
// invalid, none.
func (l *Loop) load(u *unit, d *spec, certificates map[string]elb.Certificate) error {
	var pairs []*cert.Pair
	for _, id := range elb.CertificateIDs(d.certificate) {
		pair, err := l.pair(id, certificates)
		if err != nil {
			return err
		}
		pairs = append(pairs, pair)
	}
	if u.certs == nil {
		u.certs = new(cert.Store)
	}
	u.certs.Replace(pairs...)
	u.spec.certificate = d.certificate
	l.stale = true
	if u.open {
		u.rekey(d)
	}
	return nil
}

// pair is a certificate with its key, parsed once, however many listeners use it.
func (l *Loop) pair(id string, certificates map[string]elb.Certificate) (*cert.Pair, error) {
	if pair := l.pairs[id]; pair != nil {
		return pair, nil
	}
	c, ok := certificates[id]
	if !ok {
		return nil, fmt.Errorf("certificate %s does not exist: give the listener another ServerCertificateId", id)
	}
	// A certificate that was valid when it was uploaded is served: a warning in
	// the browser is better than no answer.
	pair, err := cert.Parse(c.ChainPEM, c.KeyPEM, c.CreateTime)
	if err != nil {
		return nil, fmt.Errorf("certificate %s cannot be used, give the listener another ServerCertificateId: %w", id, err)
	}
	l.pairs[id] = pair
	return pair, nil
}

// rekey puts the session keys of d into force.
func (u *unit) rekey(d *spec) {
	c := *u.config
	c.Sessions = sessions(d, u.spec.certificate)
	u.swap(&c)
	u.spec.sessions = d.sessions
}

func (l *Loop) join(u *unit, d *spec, id backendID) {
	b := &backend{proxy: l.proxy.NewBackendOf(d.loadBalancer, d.listener(), id.name(), id.address.String())}
	switch d.protocol {
	case elb.TCP:
		b.stream = &stream.Backend{ID: id.name(), Address: id.address, Member: b.proxy.Member}
	case elb.UDP:
		b.udp = &udp.Backend{ID: id.name(), Address: id.address, Member: b.proxy.Member}
	}
	if d.check.on {
		b.proxy.Member.SetHealth(l.inherited[verdictKey{d.key, id}]) // the zero Health is Unknown
	} else {
		b.proxy.Member.SetHealth(balance.Healthy)
	}
	u.backends[id] = b
}

func (l *Loop) swap(u *unit, d *spec) error {
	switch d.protocol {
	case elb.TCP:
		return l.swapStream(u, d)
	case elb.UDP:
		return l.swapUDP(u, d)
	}
	c, err := l.config(u, d)
	if err != nil {
		return err
	}
	u.swap(c)
	u.follow(d, c)
	return nil
}

// follow records that d is in force, as c, except the certificate, which has a
// separate step.
func (u *unit) follow(d *spec, c *proxy.Config) {
	u.config = c
	certificate := u.spec.certificate
	u.spec = d.clone()
	u.spec.certificate = certificate
}

// config is the data plane's configuration for d. Its backends must have joined.
func (l *Loop) config(u *unit, d *spec) (*proxy.Config, error) {
	c := &proxy.Config{Config: exchange.Config{
		LoadBalancer:   d.loadBalancer,
		Port:           d.port,
		RedirectPort:   d.redirect,
		IdleTimeout:    d.settings.idleTimeout,
		RequestTimeout: d.settings.requestTimeout,
		Protocol:       protocols[d.settings.protocol],
	}}
	if !d.forwards() {
		return c, nil
	}
	switch {
	case d.protocol == elb.HTTP:
		c.KeepForwardedFor = d.settings.keepFor
	case u.certs == nil:
		return nil, errors.New("the listener has no certificate: give it a ServerCertificateId")
	default:
		c.NoHTTP3 = d.noHTTP3
		c.Certificate = u.certs.GetCertificate
		c.Sessions = sessions(d, u.spec.certificate)
	}
	group, scheduler, err := l.group(u, d)
	if err != nil {
		return nil, err
	}
	c.Scheduler = scheduler
	for _, m := range d.members {
		c.Backends = append(c.Backends, u.backends[m.backendID].proxy)
	}
	switch sticky := d.settings.sticky; {
	case sticky.On && sticky.Type == elb.StickyInsert && d.protocol == elb.HTTP:
		c.Sticky = balance.NewPlainInsert(group, d.settings.seed[:], sticky.CookieTimeout, sameSites[sticky.SameSite])
	case sticky.On && sticky.Type == elb.StickyInsert:
		c.Sticky = balance.NewInsert(group, d.settings.seed[:], sticky.CookieTimeout, sameSites[sticky.SameSite])
	case sticky.On && sticky.Type == elb.StickyServer:
		c.Sticky = balance.NewServer(group, d.settings.seed[:], sticky.Cookie)
	}
	return c, nil
}

// group is the group that the scheduler of d picks from: the members in the order
// of d.
func (l *Loop) group(u *unit, d *spec) (*balance.Group, balance.Scheduler, error) {
	group := &balance.Group{LoadFactor: l.loadFactor}
	for _, m := range d.members {
		group.Members = append(group.Members, u.backends[m.backendID].proxy.Member)
		group.Weights = append(group.Weights, m.weight)
	}
	scheduler, err := balance.New(d.settings.scheduler, group, d.settings.seed[:])
	return group, scheduler, err
}

// sameSites maps the API's values to attributes; other values map to none.
var sameSites = map[string]balance.SameSite{
	elb.SameSiteNone: balance.SameSiteNone, elb.SameSiteLax: balance.SameSiteLax, elb.SameSiteStrict: balance.SameSiteStrict,
}

// protocols maps the API's values to protocols; other values map to Auto.
var protocols = map[string]exchange.Protocol{elb.BackendHTTP1: exchange.HTTP1, elb.BackendH2C: exchange.H2C}
