package reconcile

import (
	"errors"
	"net/netip"

	"elbow/internal/stream"
)

// errNoStreams is why a TCP listener does not run on a machine where the data plane for
// it could not be started.
var errNoStreams = errors.New("this node serves no TCP listeners: its log says why")

// prepareStream makes what opens the socket of a TCP listener.
func (l *Loop) prepareStream(u *unit, d *spec) (opener, error) {
	if l.streams == nil {
		return nil, errNoStreams
	}
	if !u.open {
		var err error
		if u.stream, err = l.streamConfig(u, d); err != nil {
			return nil, err
		}
	}
	return func(at netip.AddrPort) (front, error) {
		if u.counts == nil {
			u.counts = l.proxy.CountStream(d.loadBalancer, d.listener())
		}
		return l.streams.Listen(at, u.stream, u.counts)
	}, nil
}

func (l *Loop) swapStream(u *unit, d *spec) error {
	c, err := l.streamConfig(u, d)
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

// streamConfig is what the data plane gets for d. Its backends are there already.
func (l *Loop) streamConfig(u *unit, d *spec) (*stream.Config, error) {
	_, scheduler, err := l.group(u, d)
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
