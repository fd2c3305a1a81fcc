package main

import (
	"cmp"
	"flag"
	"fmt"
)

// overloadFlags adds the flags of the limits of connections, handshakes and memory.
func (c *config) overloadFlags(f *flag.FlagSet) {
	f.IntVar(&c.MaxListenerConns, "max-listener-connections", c.MaxListenerConns,
		"client connections of one listener served at once; 0: no limit except\n"+
			"-max-connections. Up to a sixteenth beyond either limit get 503, others are closed")
	f.IntVar(&c.MaxBackendConns, "max-backend-connections", c.MaxBackendConns,
		"requests in progress with one backend of one listener, at least 1. As many again\n"+
			"are queued; then another backend is used or the response is 503. A value slightly\n"+
			"above what a backend processes at once keeps it fast under overload")
	f.DurationVar(&c.QueueTimeout, "queue-timeout", c.QueueTimeout,
		"`TIME` that a request is queued at most, before 503. Once requests have timed out\n"+
			"in the queue, a twentieth of it, until none has for that long")
	f.IntVar(&c.MaxHandshakes, "max-handshakes", c.MaxHandshakes,
		"TLS handshakes computed at once, so that they leave CPU time for open\n"+
			"connections. Others are queued; when that takes too long, new connections are\n"+
			"reset. 0: as many as there are processors")
	f.Var((*byteSize)(&c.MemoryLimit), "memory-limit",
		"`SIZE`, as 512MiB or 2GiB, at least 64MiB, that the program may take. The garbage\n"+
			"collector works harder to stay below it. When the memory held by clients gets close\n"+
			"to it, requests get 503 and new connections are closed. 0: GOMEMLIMIT or, without\n"+
			"it, three quarters of the memory of the container or the machine")
}

// minMemory is about the memory of the program without clients: with less, every request
// would be refused.
const minMemory byteSize = 64 << 20

func (c *config) validateOverload() error {
	switch {
	case c.QueueTimeout <= 0:
		return fmt.Errorf("-queue-timeout: must be more than 0, not %s", c.QueueTimeout)
	case c.MemoryLimit != 0 && c.MemoryLimit < int64(minMemory):
		return fmt.Errorf("-memory-limit: must be 0 or at least %s, not %s", minMemory, byteSize(c.MemoryLimit))
	}
	return cmp.Or(
		within("-max-listener-connections", c.MaxListenerConns, 0, maxCount),
		within("-max-backend-connections", c.MaxBackendConns, 1, maxCount),
		within("-max-handshakes", c.MaxHandshakes, 0, maxCount))
}
