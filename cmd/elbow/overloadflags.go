package main

import (
	"cmp"
	"flag"
	"fmt"
)

// overloadFlags are those that bound what is taken on.
func (c *config) overloadFlags(f *flag.FlagSet) {
	f.IntVar(&c.MaxListenerConns, "max-listener-connections", c.MaxListenerConns,
		"client connections of one listener served at once; 0: as many as there may be\n"+
			"at all. Beyond either limit a sixteenth more get 503, the rest are closed")
	f.IntVar(&c.MaxBackendConns, "max-backend-connections", c.MaxBackendConns,
		"requests under way with one backend of one listener, at least 1. As many again\n"+
			"wait for their turn; then another backend is taken or the answer is 503. A little\n"+
			"more than a backend works on at once keeps it fast when too much is asked of it")
	f.DurationVar(&c.QueueTimeout, "queue-timeout", c.QueueTimeout,
		"`TIME` that a request waits for its turn at most, before 503. Once some have\n"+
			"waited in vain, a twentieth of it, until none has for that long")
	f.IntVar(&c.MaxHandshakes, "max-handshakes", c.MaxHandshakes,
		"TLS handshakes computed at once, so that they leave room for requests on open\n"+
			"connections. Others wait; when that takes too long, new connections are reset.\n"+
			"0: as many as there are processors")
	f.Var((*byteSize)(&c.MemoryLimit), "memory-limit",
		"`SIZE`, as 512MiB or 2GiB, at least 64MiB, that the program may take. The garbage collector works\n"+
			"harder to stay below, and when what clients hold gets near, requests are answered\n"+
			"with 503 and new connections closed. 0: GOMEMLIMIT or, without it, three quarters\n"+
			"of what the container or the machine has")
}

// minMemory is about what the program takes without clients: below it every
// request would be refused.
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
