package reconcile

import (
	"errors"

	"elbow/internal/stream"
)

// errNoStreams is why a TCP listener does not run on a machine where the data plane for
// it could not be started.
var errNoStreams = errors.New("this node serves no TCP listeners: its log says why")

// prepareStream makes what opens the socket of a TCP listener.
func (l *Loop) prepareStream(u *unit, d *spec) (listen func() error, err error) {
	if l.streams == nil {
		return nil, errNoStreams
	}
	c, err := l.streamConfig(u, d)
	if err != nil {
		return nil, err
	}
	return func() (err error) {
		if u.counts == nil {
			u.counts = l.proxy.CountStream(d.loadBalancer, d.listener())
		}
		u.stream, err = l.streams.Listen(d.address, c, u.counts)
		return err
	}, nil
}

func (l *Loop) swapStream(u *unit, d *spec) error {
	c, err := l.streamConfig(u, d)
	if err != nil {
		return err
	}
	u.stream.Swap(c)
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
