package proxy

import (
	"elbow/internal/exchange"
	"elbow/internal/metrics"
)

// A Snapshot holds the counts of a listener since it was opened. The monitor
// operations of the API report the differences between two of them.
type Snapshot struct {
	Accepted uint64    // client connections
	Refused  uint64    // client connections far beyond a limit, closed at once
	Overflow uint64    // client connections beyond a limit, whose requests got 503
	Open     int64     // open client connections
	Active   int64     // open client connections with an exchange in flight
	ByClass  [6]uint64 // exchanges, by first digit of the status; [0] is unused
	BytesIn  uint64
	BytesOut uint64
	Retries  uint64
	Faults   uint64        // exchanges that ended in a fault
	Total    metrics.Times // from the first byte of a request to the last of its answer
}

// Snapshot returns the counts of l. They are read one after the other, so they may
// differ by an exchange.
func (l *Listener) Snapshot() Snapshot {
	s := counted(l.frontend.Counts)
	l.conns.each(func(o *exchange.Origin) {
		if o.State.Load() == exchange.Active {
			s.Active++
		}
	})
	return s
}

// counted returns a Snapshot without Active, which would require visiting every
// connection.
func counted(i *metrics.Instance[exchange.ListenerCounts]) Snapshot {
	type t = exchange.ListenerCounts
	s := Snapshot{
		Accepted: i.Count(func(c *t) *metrics.Counter { return &c.Accepted }),
		Refused:  i.Count(func(c *t) *metrics.Counter { return &c.Refused }),
		Overflow: i.Count(func(c *t) *metrics.Counter { return &c.Overflow }),
		Open:     i.Level(func(c *t) *metrics.Gauge { return &c.Open }),
		BytesIn:  i.Count(func(c *t) *metrics.Counter { return &c.BytesIn }),
		BytesOut: i.Count(func(c *t) *metrics.Counter { return &c.BytesOut }),
		Retries:  i.Count(func(c *t) *metrics.Counter { return &c.Retries }),
		Total:    i.Times(func(c *t) *metrics.Histogram { return &c.Total }),
	}
	for class := range s.ByClass {
		s.ByClass[class] = i.Count(func(c *t) *metrics.Counter { return &c.ByClass[class] })
	}
	for side := range exchange.Sides {
		for op := range exchange.Ops {
			s.Faults += i.Count(func(c *t) *metrics.Counter { return &c.Faults[side][op] })
		}
	}
	return s
}

// A BackendSnapshot holds the counts of a backend for one listener since it was added.
type BackendSnapshot struct {
	ID      string
	Address string    // IP:port
	ByClass [6]uint64 // answers, by first digit of the status; [0] is unused
	Active  int64     // exchanges in flight
	Healthy bool      // it is healthy, or has no health checks
}

// EachListener calls visit for every open listener, with its counts except Active. It
// costs some hundred atomic loads per listener and takes no lock that an exchange
// takes.
func (p *Proxy) EachListener(visit func(loadBalancer, port string, s Snapshot)) {
	p.listeners.Each(func(i *metrics.Instance[exchange.ListenerCounts], labels []string) {
		visit(labels[0], labels[1], counted(i))
	})
}

// EachBackend calls visit for every backend of every listener.
func (p *Proxy) EachBackend(visit func(loadBalancer, port string, s BackendSnapshot)) {
	type t = exchange.BackendCounts
	p.backends.Each(func(i *metrics.Instance[t], labels []string) {
		s := BackendSnapshot{
			ID: labels[2], Address: labels[3],
			Active:  i.Level(func(c *t) *metrics.Gauge { return &c.Active }),
			Healthy: i.Level(func(c *t) *metrics.Gauge { return &c.Healthy }) == 1,
		}
		for class := range s.ByClass {
			s.ByClass[class] = i.Count(func(c *t) *metrics.Counter { return &c.ByClass[class] })
		}
		visit(labels[0], labels[1], s)
	})
}
