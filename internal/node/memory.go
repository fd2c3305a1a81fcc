package node

import (
	"math"
	"os"
	"runtime/debug"
)

// LimitMemory configures the garbage collector, and determines the memory limit if none
// was given. GOGC and GOMEMLIMIT of the environment each apply unless the corresponding
// setting was given.
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

// defaultMemoryLimit returns GOMEMLIMIT or, without it, three quarters of the available
// memory: the rest is for the kernel's socket buffers. 0: unknown.
func defaultMemoryLimit() int64 {
	if n := debug.SetMemoryLimit(-1); n < math.MaxInt64 { // as the environment set it
		return n
	}
	return givenMemory() / 4 * 3
}
