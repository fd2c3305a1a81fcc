package upstream

import "time"

// dialTimeout is how long a backend may take to accept a connection. A backend
// in the same site answers within milliseconds; 5s lets a lost SYN be sent
// three times (after 1s and 3s).
const dialTimeout = 5 * time.Second

// maxIdle bounds the idle connections to one backend. Each costs a file
// descriptor and a few KiB of kernel memory here and there, most of which a
// burst has already paid for.
const maxIdle = 1024

// maxIdleAge is how long a connection stays idle before it is closed. Backends
// close theirs after 5s (Node.js, Apache) to 75s (nginx); those that go first
// are found before reuse. Longer than the pauses of a busy site, short enough
// that the pool follows the load down.
const maxIdleAge = 30 * time.Second

// A backend that vanished without a word is found after
// keepAliveIdle + keepAliveProbes × keepAliveInterval, a minute.
const (
	keepAliveIdle     = 30 * time.Second
	keepAliveInterval = 10 * time.Second
	keepAliveProbes   = 3
)
