package reconcile

import (
	"errors"

	"elbow/internal/balance"
	"elbow/internal/elb"
	"elbow/internal/exchange"
	"elbow/internal/proxy"
)

// config is the data plane's configuration for d. Its backends must have joined.
func (p *plane) config(u *unit, d *spec) (*proxy.Config, error) {
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
	group, scheduler, err := p.group(u, d)
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
func (p *plane) group(u *unit, d *spec) (*balance.Group, balance.Scheduler, error) {
	group := &balance.Group{LoadFactor: p.loadFactor}
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
