package main

import (
	"cmp"
	"flag"
	"fmt"
)

// balancingFlags adds the flags that influence the choice of backends. By default none has
// an effect: schedulers work as specified.
func (c *config) balancingFlags(f *flag.FlagSet) {
	f.DurationVar(&c.SlowStart, "slow-start", c.SlowStart,
		"`TIME` in which the share of new sessions of a backend that becomes healthy grows\n"+
			"from a tenth to all; 0: at once. Sticky sessions return at once. If all backends\n"+
			"are in slow start, they share all sessions")
	f.IntVar(&c.LoadFactor, "hash-load-factor", c.LoadFactor,
		"`PERCENT` of the average requests in flight, weighted, that one backend may have\n"+
			"with sch, qch or iqch: 125 is a quarter more. A key beyond that goes to another\n"+
			"backend, always the same one. 0: no bound, else 100 to 10000")
	f.IntVar(&c.RetryPercent, "retry-percent", c.RetryPercent,
		"percentage of requests, from 0 to 100, that a listener may send to a second\n"+
			"backend because the first one accepted no connection")
	f.IntVar(&c.RetryBurst, "retry-burst", c.RetryBurst,
		"retries that a listener may make at once beyond -retry-percent, after a time\n"+
			"without any; 0: no retries at all")
}

// validateBalancing checks what the types of the flags do not.
func (c *config) validateBalancing() error {
	switch {
	case c.SlowStart < 0:
		return fmt.Errorf("-slow-start: must not be negative, as %s is", c.SlowStart)
	case c.LoadFactor != 0 && (c.LoadFactor < 100 || c.LoadFactor > maxPercent):
		return fmt.Errorf("-hash-load-factor: must be 0 or from 100 to %d, not %d", maxPercent, c.LoadFactor)
	}
	return cmp.Or(
		within("-retry-percent", c.RetryPercent, 0, 100),
		within("-retry-burst", c.RetryBurst, 0, maxCount))
}
