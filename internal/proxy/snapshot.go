package proxy

import (
	"elbow/internal/metrics"
)

// A Snapshot is what a listener has counted since it was opened. The monitor
// operations of the API are made of the differences between two of them.
type Snapshot struct {
	Accepted uint64    // client connections
	Refused  uint64    // client connections far beyond a limit, closed unheard
	Overflow uint64    // client connections beyond a limit, whose requests got 503
	Open     int64     // client connections
	Active   int64     // of these, with an exchange under way
	ByClass  [6]uint64 // exchanges, by first digit of the status; [0] is unused
	BytesIn  uint64
	BytesOut uint64
	Retries  uint64
	Faults   uint64        // exchanges that ended in one
	Total    metrics.Times // from the first byte of a request to the last of its answer
}

// Snapshot returns the counts of l. They are read one after the other, so that
// they may be an exchange apart.
func (l *Listener) Snapshot() Snapshot {
	s := counted(l.frontend.counts)
	l.each(func(o *Origin) {
		if o.state.Load() == active {
			s.Active++
		}
	})
	return s
}

// counted is a Snapshot without Active, for which every connection has to be
// looked at.
func counted(i *metrics.Instance[listenerCounts]) Snapshot {
	type t = listenerCounts
	s := Snapshot{
		Accepted: i.Count(func(c *t) *metrics.Counter { return &c.accepted }),
		Refused:  i.Count(func(c *t) *metrics.Counter { return &c.refused }),
		Overflow: i.Count(func(c *t) *metrics.Counter { return &c.overflow }),
		Open:     i.Level(func(c *t) *metrics.Gauge { return &c.open }),
		BytesIn:  i.Count(func(c *t) *metrics.Counter { return &c.bytesIn }),
		BytesOut: i.Count(func(c *t) *metrics.Counter { return &c.bytesOut }),
		Retries:  i.Count(func(c *t) *metrics.Counter { return &c.retries }),
		Total:    i.Times(func(c *t) *metrics.Histogram { return &c.total }),
	}
	for class := range s.ByClass {
		s.ByClass[class] = i.Count(func(c *t) *metrics.Counter { return &c.byClass[class] })
	}
	for side := range sides {
		for op := range ops {
			s.Faults += i.Count(func(c *t) *metrics.Counter { return &c.faults[side][op] })
		}
	}
	return s
}

// A BackendSnapshot is what a backend has counted for one listener since it was
// added.
type BackendSnapshot struct {
	ID      string
	Address string    // IP:port
	ByClass [6]uint64 // answers, by first digit of the status; [0] is unused
	Active  int64     // exchanges under way
	Healthy bool      // the health checks find it so, or there are none
}

// EachListener calls visit for every listener that is open, with its counts but
// for Active. It costs some hundred loads a listener and takes no lock that an
// exchange takes.
func (p *Proxy) EachListener(visit func(loadBalancer, port string, s Snapshot)) {
	p.listeners.Each(func(i *metrics.Instance[listenerCounts], labels []string) {
		visit(labels[0], labels[1], counted(i))
	})
}

// EachBackend calls visit for every backend of every listener.
func (p *Proxy) EachBackend(visit func(loadBalancer, port string, s BackendSnapshot)) {
	type t = backendCounts
	p.backends.Each(func(i *metrics.Instance[t], labels []string) {
		s := BackendSnapshot{
			ID: labels[2], Address: labels[3],
			Active:  i.Level(func(c *t) *metrics.Gauge { return &c.active }),
			Healthy: i.Level(func(c *t) *metrics.Gauge { return &c.healthy }) == 1,
		}
		for class := range s.ByClass {
			s.ByClass[class] = i.Count(func(c *t) *metrics.Counter { return &c.byClass[class] })
		}
		visit(labels[0], labels[1], s)
	})
}
