package metrics

import "sync/atomic"

// A Counter is a number that only grows. The zero Counter is ready to use. A
// counter that is kept elsewhere is Set in the sample function of Set.Add and
// nowhere else.
type Counter struct{ n atomic.Uint64 }

// Set makes the counter n.
func (c *Counter) Set(n uint64) { c.n.Store(n) }

// Add adds n.
func (c *Counter) Add(n uint64) { c.n.Add(n) }

// Inc adds 1.
func (c *Counter) Inc() { c.n.Add(1) }

// A Gauge is a number that goes up and down. The zero Gauge is ready to use.
//
// A gauge that is added to may be raised in one lane and lowered in another: only
// the sum has a meaning. A gauge that is Set is set in the sample function of
// Set.Add and nowhere else.
type Gauge struct{ n atomic.Int64 }

// Add adds n, which may be negative.
func (g *Gauge) Add(n int64) { g.n.Add(n) }

// Set makes the gauge n.
func (g *Gauge) Set(n int64) { g.n.Store(n) }
