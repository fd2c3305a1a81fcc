package reconcile

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"elbow/internal/elb"
	"elbow/internal/health"
	"elbow/internal/names"
	"elbow/internal/store"
)

// A resolver turns the stored state into specs. It reuses its memory: a pass over
// a thousand listeners, one of which changed, allocates only for that one.
type resolver struct {
	balancers map[string]*elb.LoadBalancer
	specs     []spec
	sessions  *sessionKeys
	reach     *elb.Reach

	names *names.Resolver     // nil: no domain name resolves
	wants map[string]struct{} // the domain names of all pools
}

// resolve lists the units that should run at now, by key. They are valid until
// the next call. Only started listeners of Active load balancers are served.
func (r *resolver) resolve(d *store.Desired, now time.Time) []spec {
	if r.balancers == nil {
		r.balancers = make(map[string]*elb.LoadBalancer, len(d.LoadBalancers))
	}
	clear(r.balancers)
	for i := range d.LoadBalancers {
		r.balancers[d.LoadBalancers[i].ID] = &d.LoadBalancers[i]
	}
	r.sessions = sessionKeysAt(d.SessionKeys, now, r.sessions)
	r.specs = r.specs[:0]
	for i := range d.Listeners {
		l := &d.Listeners[i]
		b := r.balancers[l.LoadBalancerID]
		if !l.Started || b == nil || b.Status != elb.Active {
			continue
		}
		r.listener(b, l, d.ListenerRevisions[l.Key()])
	}
	slices.SortStableFunc(r.specs, func(a, b spec) int { return a.key.compare(b.key) })
	// No two listeners have a port in common, because the call that would cause
	// it is refused. Should it happen all the same, the one stored first gets the
	// port.
	r.specs = slices.CompactFunc(r.specs, func(a, b spec) bool { return a.key == b.key })
	for i := 1; i < len(r.specs); i++ {
		if a, b := &r.specs[i-1], &r.specs[i]; b.udp && a.loadBalancer == b.loadBalancer && a.port == b.port {
			a.noHTTP3 = true
		}
	}
	return r.specs
}

// listener adds the units of one listener that the data plane can serve.
func (r *resolver) listener(b *elb.LoadBalancer, l *elb.Listener, revision int64) {
	switch {
	case l.Protocol == elb.HTTPS:
		s := r.forward(b, l, revision)
		s.certificate, s.sessions = l.CertificateID, r.sessions
		if l.Forward {
			s.forward = l.ForwardPort
			r.redirect(b, l, revision, l.ForwardPort, l.Port)
		}
	case l.Protocol == elb.HTTP && l.Forward:
		r.redirect(b, l, revision, l.Port, l.ForwardPort)
	case l.Protocol == elb.HTTP:
		s := r.forward(b, l, revision)
		s.settings.keepFor = !l.ForwardedFor
	case l.Protocol == elb.UDP:
		r.forward(b, l, revision).settings.established = l.EstablishedTimeout
	case l.Protocol == elb.TCP:
		s := r.forward(b, l, revision)
		s.settings.established, s.settings.persistence = l.EstablishedTimeout, l.PersistenceTimeout
		s.settings.proxyHeader = l.ProxyProtocol == elb.ProxyV2
	}
}

// forward adds the unit of a listener that forwards to the backends.
func (r *resolver) forward(b *elb.LoadBalancer, l *elb.Listener, revision int64) *spec {
	s := r.next()
	s.key = keyOf(l.Key())
	s.owner = l.Key()
	s.revision = revision
	s.protocol = l.Protocol
	s.at(b, l.Port)
	s.settings = settings{
		scheduler:      l.Scheduler,
		sticky:         l.Sticky,
		protocol:       l.BackendProtocol,
		idleTimeout:    l.IdleTimeout,
		requestTimeout: l.RequestTimeout,
	}
	copy(s.settings.seed[:], l.Seed)
	s.check = checkOf(l)
	s.check.h2c = s.check.on && l.BackendProtocol == elb.BackendH2C
	for i := range b.Backends {
		if b.Backends[i].DomainName != "" {
			r.named(s, &b.Backends[i], l)
		} else {
			r.member(s, b.Backends[i], l)
		}
	}
	return s
}

// member adds a backend with an address to a unit.
func (r *resolver) member(s *spec, b elb.Backend, l *elb.Listener) {
	m := memberOf(b, l)
	if err := cmp.Or(r.reach.Socket(m.address), r.reach.Socket(l.ProbeAddr(b))); err != nil {
		s.refused = append(s.refused, refusal{m.backendID, "the address " + err.Error()})
		return
	}
	s.members = append(s.members, m)
}

// named adds a backend with a domain name to a unit: a member for each address.
// Each is checked, because whoever may change the name chooses the addresses.
func (r *resolver) named(s *spec, b *elb.Backend, l *elb.Listener) {
	all := r.names.Addresses(b.DomainName)
	for _, a := range all {
		r.member(s, b.At(a), l)
	}
	if len(all) == 0 {
		id := backendID{server: b.ServerID, port: b.Port}
		s.refused = append(s.refused, refusal{id, "the domain name " + b.DomainName + " has not been resolved" + because(r.names.State(b.DomainName).Err)})
	}
}

func because(err error) string {
	if err == nil {
		return ""
	}
	return ": " + err.Error()
}

// watch has the domain names of all pools resolved.
func (r *resolver) watch(d *store.Desired) {
	if r.wants == nil {
		r.wants = make(map[string]struct{})
	}
	clear(r.wants)
	for i := range d.LoadBalancers {
		for j := range d.LoadBalancers[i].Backends {
			if name := d.LoadBalancers[i].Backends[j].DomainName; name != "" {
				r.wants[name] = struct{}{}
			}
		}
	}
	r.names.Watch(r.wants)
}

// redirect adds the unit that redirects requests to port from to HTTPS on port to.
func (r *resolver) redirect(b *elb.LoadBalancer, l *elb.Listener, revision int64, from, to int) {
	s := r.next()
	s.key = key{b.ID, from, false}
	s.owner = l.Key()
	s.revision = revision
	s.protocol = elb.HTTP
	s.at(b, from)
	s.redirect = to
	s.settings.idleTimeout = l.IdleTimeout
}

// at sets the addresses of a unit to those of its load balancer.
func (s *spec) at(b *elb.LoadBalancer, port int) {
	s.address = netip.AddrPortFrom(b.Address, uint16(port))
	for _, e := range b.EIPs {
		s.also = append(s.also, e.Address)
	}
}

// next appends an empty spec, reusing the memory of its members.
func (r *resolver) next() *spec {
	n := len(r.specs)
	if n == cap(r.specs) {
		r.specs = append(r.specs, spec{})
	}
	r.specs = r.specs[:n+1]
	s := &r.specs[n]
	*s = spec{members: s.members[:0], refused: s.refused[:0], also: s.also[:0]}
	return s
}

// checkOf drops the fields that have no effect while the check is off, so that
// changing them changes nothing that runs.
func checkOf(l *elb.Listener) check {
	h := &l.Check
	if !h.On {
		return check{}
	}
	c := check{
		on:       true,
		port:     h.ConnectPort,
		interval: h.Interval,
		timeout:  h.EffectiveTimeout(),
		rise:     h.Rise,
		fall:     h.Fall,
	}
	switch {
	case l.Protocol == elb.UDP:
		c.kind, c.request, c.expect = health.UDP, h.Request, h.Expect
		return c
	case l.Protocol == elb.TCP && h.Type != elb.CheckHTTP:
		c.kind = health.TCP
		return c
	}
	c.host, c.uri, c.method = h.Domain, cmp.Or(h.URI, "/"), h.Method
	for i, class := range [...]string{2: "http_2xx", 3: "http_3xx", 4: "http_4xx", 5: "http_5xx"} {
		c.success[i] = slices.Contains(h.HTTPCodes, class)
	}
	return c
}

func memberOf(b elb.Backend, l *elb.Listener) member {
	return member{backendID: backendID{b.ServerID, b.Port, l.BackendAddr(b), b.DomainName != ""}, weight: b.Weight}
}
