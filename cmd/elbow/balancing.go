package main

import (
	"cmp"
	"flag"
	"fmt"
	"time"

	"elbow/internal/proxy"
)

// balancing is what the machine says about the choice of backends, all of it
// without effect by default: what the specification says of schedulers holds.
type balancing struct {
	slowStart    time.Duration
	loadFactor   int // percent; 0: no bound
	retryPercent int
	retryBurst   int
}

// defaultBalancing has the retry budget that the data plane has by itself.
func defaultBalancing() balancing {
	return balancing{retryPercent: proxy.DefaultRetryPercent, retryBurst: proxy.DefaultRetryBurst}
}

func (b *balancing) flags(f *flag.FlagSet) {
	f.DurationVar(&b.slowStart, "slow-start", b.slowStart,
		"`TIME` in which a backend that passes its health checks again, or for the first\n"+
			"time, takes up its share of new sessions, from a tenth to all; 0: at once.\n"+
			"Sticky sessions come back at once. If all backends rise, all have the same part")
	f.IntVar(&b.loadFactor, "hash-load-factor", b.loadFactor,
		"`PERCENT` of the average, by weight, that one backend may have in flight where\n"+
			"sch, qch or iqch hash: 125 is a quarter more. A key that comes on top goes to\n"+
			"another backend, always the same one. 0: no bound, else 100 to 10000")
	f.IntVar(&b.retryPercent, "retry-percent", b.retryPercent,
		"requests of a hundred, from 0 to 100, that a listener may send to a second\n"+
			"backend because the first one took no connection")
	f.IntVar(&b.retryBurst, "retry-burst", b.retryBurst,
		"second attempts that a listener may make at once beyond -retry-percent, after a\n"+
			"time without any; 0: no second attempts at all")
}

// validate checks what the types of the flags do not.
func (b *balancing) validate() error {
	switch {
	case b.slowStart < 0:
		return fmt.Errorf("-slow-start: must not be negative, as %s is", b.slowStart)
	case b.loadFactor != 0 && (b.loadFactor < 100 || b.loadFactor > maxPercent):
		return fmt.Errorf("-hash-load-factor: must be 0 or from 100 to %d, not %d", maxPercent, b.loadFactor)
	}
	return cmp.Or(
		within("-retry-percent", b.retryPercent, 0, 100),
		within("-retry-burst", b.retryBurst, 0, maxCount))
}

// orNone is n for Options whose zero value is a default.
func orNone(n int) int {
	if n == 0 {
		return -1
	}
	return n
}
