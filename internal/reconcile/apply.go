package reconcile

import (
	"fmt"
	"log/slog"
	"slices"
	"time"

	"elbow/internal/address"
	"elbow/internal/balance"
	"elbow/internal/cert"
	"elbow/internal/elb"
)

// An applier executes the steps of plans. It holds the units that run and the parts
// that they are made of.
type applier struct {
	plane     plane
	prober    prober
	pairs     keyPairs
	drains    drains
	addresses *address.Addresses // nil: not managed here
	board     *board
	log       *slog.Logger

	running   map[key]*unit
	inherited map[verdictKey]balance.Health // verdicts for backends that have not joined yet
	yielding  bool                          // another process has the sockets
	revision  int64                         // of the last pass
	stale     bool                          // sweep may have work
}

// apply executes the steps in order. If a step of a unit fails, the rest of that
// unit's steps is skipped, and no others.
func (a *applier) apply(steps []step, certificates map[string]elb.Certificate, now time.Time) {
	for len(steps) > 0 {
		n := 1
		switch steps[0].op {
		case opDrain:
			a.drain(steps[0].key)
		case opDetach:
			a.detach(steps[0].key, steps[0].at)
		default:
			for n < len(steps) && steps[n].key == steps[0].key {
				n++
			}
			a.converge(steps[:n], certificates, now)
		}
		steps = steps[n:]
	}
}

// converge executes the steps of one unit and records the result.
func (a *applier) converge(steps []step, certificates map[string]elb.Certificate, now time.Time) {
	d := steps[0].spec
	u := a.running[d.key]
	if u == nil {
		u = &unit{backends: make(map[backendID]*backend)}
		u.spec.key = d.key
		a.running[d.key] = u
	}
	was := u.spec.owner
	u.spec.owner, u.spec.revision, u.spec.forward = d.owner, d.revision, d.forward
	a.refuse(u, d)
	if err := a.doAll(u, steps, certificates); err != nil {
		a.fail(u, d, err, now)
	} else {
		a.settle(u, d)
	}
	if was != d.owner && was != (elb.ListenerKey{}) {
		a.tell(was)
	}
	a.tell(d.owner)
}

// refuse records which backends of d are not served, and logs each once.
func (a *applier) refuse(u *unit, d *spec) {
	for _, r := range d.refused {
		if !slices.Contains(u.spec.refused, r) {
			a.log.Warn("backend not served", "lb", d.loadBalancer, "listener", d.port, "protocol", d.protocol, "backend", r.name(), "address", r.address, "err", r.why)
		}
	}
	u.spec.refused = slices.Clone(d.refused)
}

// doAll executes the steps of one unit. An address that cannot be bound is
// reported at the end, and no step is skipped for it as long as there is another
// address.
func (a *applier) doAll(u *unit, steps []step, certificates map[string]elb.Certificate) error {
	var missing error
	for _, s := range steps {
		if s.op != opOpen && missing != nil && !u.open {
			return missing
		}
		err := a.do(u, s, certificates)
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
func (a *applier) settle(u *unit, d *spec) {
	u.spec.check = d.check // each backend had its own step for it
	u.spec.also = slices.Clone(d.also)
	if u.fault != nil {
		a.log.Info("listener as desired again", "lb", d.loadBalancer, "listener", d.port, "protocol", d.protocol, "rev", a.revision)
		u.fault = nil
	}
}

// fail records why u is not as desired. Repeated equal failures are logged once.
func (a *applier) fail(u *unit, d *spec, err error, now time.Time) {
	f := &fault{err: err, tried: d.clone(), tries: 1}
	if was := u.fault; was != nil && was.tried.same(d) {
		f.tries += was.tries
	}
	if u.fault == nil || u.fault.err.Error() != err.Error() {
		a.log.Error("listener not as desired", "lb", d.loadBalancer, "listener", d.port, "protocol", d.protocol, "rev", a.revision, "err", err)
	}
	f.retry = now.Add(pause(f.tries))
	u.fault = f
}

// do executes one step.
func (a *applier) do(u *unit, s step, certificates map[string]elb.Certificate) error {
	switch s.op {
	case opCertificate:
		return a.load(u, s.spec, certificates)
	case opSessions:
		u.rekey(s.spec)
	case opJoin:
		a.join(u, s.spec, s.backend)
	case opOpen:
		return a.open(u, s.spec, s.at)
	case opSwap:
		return a.plane.swap(u, s.spec)
	case opProbe:
		a.prober.start(u.backends[s.backend], s.spec, s.backend)
	case opQuiet:
		u.backends[s.backend].quiet()
		u.backends[s.backend].proxy.Member.SetHealth(balance.Healthy)
	case opLeave:
		u.backends[s.backend].quiet()
		a.plane.retire(u.backends[s.backend])
		delete(u.backends, s.backend)
	}
	return nil
}

// load makes new handshakes use the certificates: all of them or, if one is
// invalid, none.
func (a *applier) load(u *unit, d *spec, certificates map[string]elb.Certificate) error {
	var pairs []*cert.Pair
	for _, id := range elb.CertificateIDs(d.certificate) {
		pair, err := a.pairs.get(id, certificates)
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
	a.stale = true
	if u.open {
		u.rekey(d)
	}
	return nil
}

// join adds a backend to a unit.
func (a *applier) join(u *unit, d *spec, id backendID) {
	b := a.plane.backend(d, id)
	if d.check.on {
		b.proxy.Member.SetHealth(a.inherited[verdictKeyOf(d.key, id)]) // the zero Health is Unknown
	} else {
		b.proxy.Member.SetHealth(balance.Healthy)
	}
	u.backends[id] = b
}
