package stream

import "time"

const (
	// The limits of connections, as those of package proxy.
	defaultMaxConns        = 200_000
	defaultMaxBackendConns = 20_000

	defaultDrainTimeout = 30 * time.Second

	// connectTimeout is how long a backend may take to accept: two SYNs that were lost are
	// sent again within 3s. Documents of the load balancer name 5s.
	connectTimeout = 5 * time.Second

	// maxAttempts is how many backends a connection is tried with: two that have just gone
	// are passed over, and a listener all of whose backends refuse costs three times as
	// much as one whose backends accept.
	maxAttempts = 3

	// defaultIdle is the EstablishedTimeout of the API by default.
	defaultIdle = 900 * time.Second

	// maxRemembered bounds the client addresses that a listener remembers the backend of:
	// 65,536 take about 8 MB.
	maxRemembered = 1 << 16
)
