package reconcile

import (
	"errors"
	"net/netip"

	"elbow/internal/elb"
	"elbow/internal/stream"
	"elbow/internal/udp"
)

// Why a listener does not run on a machine where its data plane could not be
// started.
var (
	errNoStreams = errors.New("this node serves no TCP listeners: its log says why")
	errNoRelay   = errors.New("this node serves no UDP listeners: its log says why")
)

// prepareStream returns the opener of a TCP listener.
func (p *plane) prepareStream(u *unit, d *spec) (opener, error) {
	if p.streams == nil {
		return nil, errNoStreams
	}
	if !u.open {
		var err error
		if u.stream, err = p.streamConfig(u, d); err != nil {
			return nil, err
		}
	}
	return func(at netip.AddrPort) (front, error) {
		if u.counts == nil {
			u.counts = p.proxy.CountStream(d.loadBalancer, d.listener())
		}
		return p.streams.Listen(at, u.stream, u.counts)
	}, nil
}

func (p *plane) swapStream(u *unit, d *spec) error {
	c, err := p.streamConfig(u, d)
	if err != nil {
		return err
	}
	u.stream = c
	for _, socket := range u.sockets {
		socket.(*stream.Listener).Swap(c)
	}
	u.follow(d, nil)
	return nil
}

// streamConfig is the data plane's configuration for d. Its backends must have
// joined.
func (p *plane) streamConfig(u *unit, d *spec) (*stream.Config, error) {
	_, scheduler, err := p.group(u, d)
	if err != nil {
		return nil, err
	}
	c := &stream.Config{
		LoadBalancer: d.loadBalancer, Port: d.port, Scheduler: scheduler,
		Idle: d.settings.established, Persistence: d.settings.persistence, ProxyHeader: d.settings.proxyHeader,
	}
	for _, m := range d.members {
		c.Backends = append(c.Backends, u.backends[m.backendID].stream)
	}
	return c, nil
}

// prepareUDP returns the opener of a UDP listener.
func (p *plane) prepareUDP(u *unit, d *spec) (opener, error) {
	if p.relay == nil {
		return nil, errNoRelay
	}
	if !u.open {
		var err error
		if u.udp, err = p.udpConfig(u, d); err != nil {
			return nil, err
		}
	}
	return func(at netip.AddrPort) (front, error) {
		if u.counts == nil {
			u.counts = p.proxy.CountStream(d.loadBalancer, d.listener())
		}
		return p.relay.Listen(at, u.udp, u.counts)
	}, nil
}

func (p *plane) swapUDP(u *unit, d *spec) error {
	c, err := p.udpConfig(u, d)
	if err != nil {
		return err
	}
	u.udp = c
	for _, socket := range u.sockets {
		socket.(*udp.Listener).Swap(c)
	}
	u.follow(d, nil)
	return nil
}

// udpConfig is the data plane's configuration for d. Its backends must have
// joined.
func (p *plane) udpConfig(u *unit, d *spec) (*udp.Config, error) {
	_, scheduler, err := p.group(u, d)
	if err != nil {
		return nil, err
	}
	c := &udp.Config{
		LoadBalancer: d.loadBalancer, Port: d.port, Scheduler: scheduler, Idle: d.settings.established,
		QUIC: d.settings.scheduler == elb.QCH || d.settings.scheduler == elb.IQCH,
	}
	for _, m := range d.members {
		c.Backends = append(c.Backends, u.backends[m.backendID].udp)
	}
	return c, nil
}
