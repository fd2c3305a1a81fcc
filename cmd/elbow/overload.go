package main

import (
	"cmp"
	"flag"
	"fmt"
)

// overloadFlags are those that bound what is taken on.
func (c *config) overloadFlags(f *flag.FlagSet) {
	f.IntVar(&c.maxListener, "max-listener-connections", c.maxListener,
		"client connections of one listener served at once; 0: as many as there may be\n"+
			"at all. Beyond either limit a sixteenth more get 503, the rest are closed")
	f.IntVar(&c.maxBackendConns, "max-backend-connections", c.maxBackendConns,
		"requests under way with one backend of one listener, at least 1. As many again\n"+
			"wait for their turn; then another backend is taken or the answer is 503. A little\n"+
			"more than a backend works on at once keeps it fast when too much is asked of it")
	f.DurationVar(&c.queueTimeout, "queue-timeout", c.queueTimeout,
		"`TIME` that a request waits for its turn at most, before 503. Once some have\n"+
			"waited in vain, a twentieth of it, until none has for that long")
	f.IntVar(&c.maxHandshakes, "max-handshakes", c.maxHandshakes,
		"TLS handshakes computed at once, so that they leave room for requests on open\n"+
			"connections. Others wait; when that takes too long, new connections are reset.\n"+
			"0: as many as there are processors")
	f.Var((*byteSize)(&c.memoryLimit), "memory-limit",
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
	case c.queueTimeout <= 0:
		return fmt.Errorf("-queue-timeout: must be more than 0, not %s", c.queueTimeout)
	case c.memoryLimit != 0 && c.memoryLimit < int64(minMemory):
		return fmt.Errorf("-memory-limit: must be 0 or at least %s, not %s", minMemory, byteSize(c.memoryLimit))
	}
	return cmp.Or(
		within("-max-listener-connections", c.maxListener, 0, maxCount),
		within("-max-backend-connections", c.maxBackendConns, 1, maxCount),
		within("-max-handshakes", c.maxHandshakes, 0, maxCount))
}
