package node

import (
	"math"
	"os"
	"runtime/debug"
)

// LimitMemory sets what the collector goes by, and finds the memory limit out if
// none was given. Of the environment's GOGC and GOMEMLIMIT each holds unless a
// setting of ours was given.
func (c *Config) LimitMemory(gcGiven bool) {
	if gcGiven || os.Getenv("GOGC") == "" {
		debug.SetGCPercent(c.GCPercent)
	}
	if c.MemoryLimit == 0 {
		c.MemoryLimit = defaultMemoryLimit()
	}
	if c.MemoryLimit > 0 {
		debug.SetMemoryLimit(c.MemoryLimit)
	}
}

// defaultMemoryLimit is that of the environment or, without one, three quarters
// of what there is: the rest is for what the kernel holds for our sockets. 0:
// none is known.
func defaultMemoryLimit() int64 {
	if n := debug.SetMemoryLimit(-1); n < math.MaxInt64 { // as the environment set it
		return n
	}
	return givenMemory() / 4 * 3
}
