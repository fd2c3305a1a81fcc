package proxy

import (
	"elbow/internal/metrics"
)

// A Snapshot is what a listener has counted since it was opened. The monitor
// operations of the API are made of the differences between two of them.
type Snapshot struct {
	Accepted uint64    // client connections
	Refused  uint64    // client connections beyond a limit
	Open     int64     // client connections
	Active   int64     // of these, with an exchange under way
	ByClass  [6]uint64 // exchanges, by first digit of the status; [0] is unused
	BytesIn  uint64
	BytesOut uint64
	Retries  uint64
	Total    metrics.Times // from the first byte of a request to the last of its answer
}

// Snapshot returns the counts of l. They are read one after the other, so that
// they may be an exchange apart.
func (l *Listener) Snapshot() Snapshot {
	type t = listenerCounts
	s := Snapshot{
		Accepted: l.counts.Count(func(c *t) *metrics.Counter { return &c.accepted }),
		Refused:  l.counts.Count(func(c *t) *metrics.Counter { return &c.refused }),
		Open:     l.counts.Level(func(c *t) *metrics.Gauge { return &c.open }),
		BytesIn:  l.counts.Count(func(c *t) *metrics.Counter { return &c.bytesIn }),
		BytesOut: l.counts.Count(func(c *t) *metrics.Counter { return &c.bytesOut }),
		Retries:  l.counts.Count(func(c *t) *metrics.Counter { return &c.retries }),
		Total:    l.counts.Times(func(c *t) *metrics.Histogram { return &c.total }),
	}
	for class := range s.ByClass {
		s.ByClass[class] = l.counts.Count(func(c *t) *metrics.Counter { return &c.byClass[class] })
	}
	l.each(func(c *conn) {
		if c.state.Load() == active {
			s.Active++
		}
	})
	return s
}
