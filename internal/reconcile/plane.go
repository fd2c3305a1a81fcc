package reconcile

import (
	"net/netip"

	"elbow/internal/elb"
	"elbow/internal/proxy"
	"elbow/internal/stream"
	"elbow/internal/udp"
)

// A plane makes the parts of the data plane that units consist of: their listeners,
// configurations and backends. transport.go has those of TCP and UDP.
type plane struct {
	proxy      *proxy.Proxy
	streams    *stream.Streams // nil: there are no TCP listeners
	relay      *udp.Relay      // nil: there are no UDP listeners
	loadFactor int             // percent
}

// An opener opens a socket of a unit.
type opener func(netip.AddrPort) (front, error)

// prepare returns the opener for sockets of u: the first one follows d, any other
// what the first follows. The config is for HTTP and HTTPS.
func (p *plane) prepare(u *unit, d *spec, eip bool) (_ opener, c *proxy.Config, err error) {
	switch d.protocol {
	case elb.TCP:
		listen, err := p.prepareStream(u, d)
		return listen, nil, err
	case elb.UDP:
		listen, err := p.prepareUDP(u, d)
		return listen, nil, err
	}
	c, listen := u.config, p.proxy.Listen
	if u.open && eip {
		listen = p.proxy.ListenBesides
	}
	if !u.open {
		if c, err = p.config(u, d); err != nil {
			return nil, nil, err
		}
	}
	return func(at netip.AddrPort) (front, error) { return listen(at, c) }, c, nil
}

// swap makes new exchanges of a unit use d.
func (p *plane) swap(u *unit, d *spec) error {
	switch d.protocol {
	case elb.TCP:
		return p.swapStream(u, d)
	case elb.UDP:
		return p.swapUDP(u, d)
	}
	c, err := p.config(u, d)
	if err != nil {
		return err
	}
	u.swap(c)
	u.follow(d, c)
	return nil
}

// backend creates a backend of a unit.
func (p *plane) backend(d *spec, id backendID) *backend {
	b := &backend{proxy: p.proxy.NewBackendOf(d.loadBalancer, d.listener(), id.name(), id.address.String())}
	switch d.protocol {
	case elb.TCP:
		b.stream = &stream.Backend{ID: id.name(), Address: id.address, Member: b.proxy.Member}
	case elb.UDP:
		b.udp = &udp.Backend{ID: id.name(), Address: id.address, Member: b.proxy.Member}
	}
	return b
}

// retire releases a backend that gets no new exchanges.
func (p *plane) retire(b *backend) {
	b.proxy.Retire()
	if b.stream != nil {
		p.streams.Retire(b.stream)
	}
	if b.udp != nil {
		p.relay.Retire(b.udp)
	}
}

// retireAll releases the parts of a unit.
func (p *plane) retireAll(u *unit) {
	for _, b := range u.backends {
		p.retire(b)
	}
	if u.counts != nil {
		u.counts.Remove()
	}
}
