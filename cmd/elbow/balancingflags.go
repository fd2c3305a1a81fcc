package main

import (
	"cmp"
	"flag"
	"fmt"
)

// balancingFlags set what the machine says about the choice of backends, all of it
// without effect by default: what the specification says of schedulers holds.
func (c *config) balancingFlags(f *flag.FlagSet) {
	f.DurationVar(&c.SlowStart, "slow-start", c.SlowStart,
		"`TIME` in which a backend that passes its health checks again, or for the first\n"+
			"time, takes up its share of new sessions, from a tenth to all; 0: at once.\n"+
			"Sticky sessions come back at once. If all backends rise, all have the same part")
	f.IntVar(&c.LoadFactor, "hash-load-factor", c.LoadFactor,
		"`PERCENT` of the average, by weight, that one backend may have in flight where\n"+
			"sch, qch or iqch hash: 125 is a quarter more. A key that comes on top goes to\n"+
			"another backend, always the same one. 0: no bound, else 100 to 10000")
	f.IntVar(&c.RetryPercent, "retry-percent", c.RetryPercent,
		"requests of a hundred, from 0 to 100, that a listener may send to a second\n"+
			"backend because the first one took no connection")
	f.IntVar(&c.RetryBurst, "retry-burst", c.RetryBurst,
		"second attempts that a listener may make at once beyond -retry-percent, after a\n"+
			"time without any; 0: no second attempts at all")
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
