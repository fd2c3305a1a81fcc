package upstream

// Counts are totals since the pool was made.
type Counts struct {
	Dials    uint64 // connections established
	Failures uint64 // dials that failed
	Reuses   uint64 // requests that found an idle connection
	Stale    uint64 // idle connections found closed or dirty before reuse
}

// Counts returns the totals. They are read one after the other, so that they may
// differ by a request.
func (p *Pool) Counts() Counts {
	return Counts{
		Dials:    p.dials.Load(),
		Failures: p.failures.Load(),
		Reuses:   p.reuses.Load(),
		Stale:    p.stale.Load(),
	}
}
