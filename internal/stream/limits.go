package stream

import "time"

const (
	// The limits of connections, with the defaults of package proxy.
	defaultMaxConns        = 200_000
	defaultMaxBackendConns = 20_000

	defaultDrainTimeout = 30 * time.Second

	// connectTimeout is how long a backend may take to accept: two lost SYNs are
	// retransmitted within 3s. The API documentation of the load balancer names
	// 5s.
	connectTimeout = 5 * time.Second

	// maxAttempts is the number of backends that are tried for a connection: enough to skip
	// two that have just failed. A listener whose backends all refuse costs three times as much as
	// one whose backends accept.
	maxAttempts = 3

	// defaultIdle is the API's default of EstablishedTimeout.
	defaultIdle = 900 * time.Second

	// defaultWaiting bounds the bytes in the buffers of all loops together, beyond which
	// reads are smaller. A connection whose peers do not read holds 32 KiB below the bound
	// and 2 KiB above it: 400 MB for 200,000 connections.
	defaultWaiting = 64 << 20

	// leanRead is the size of a read above the bound.
	leanRead = 2 << 10

	// maxRemembered bounds the client addresses whose backend a listener
	// remembers: 65,536 take about 8 MB.
	maxRemembered = 1 << 16
)
