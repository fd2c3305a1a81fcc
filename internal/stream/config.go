package stream

import (
	"net/netip"
	"sync"
	"time"

	"elbow/internal/balance"
)

// A Config is the behaviour of a listener. It is immutable once published; a
// connection loads it once, when it begins.
type Config struct {
	// LoadBalancer and Port label the access log.
	LoadBalancer string
	Port         int

	Backends  []*Backend        // in the order of the group's members
	Scheduler balance.Scheduler // over the members of Backends

	// Idle is how long a connection may transfer nothing in either direction
	// before it is closed. 0 means 900s, the default of the API.
	Idle time.Duration

	// Persistence is how long after the start of its last connection a client
	// address is sent to the same backend. 0: each connection is scheduled
	// independently.
	Persistence time.Duration

	// ProxyHeader makes each backend connection begin with the header of the
	// PROXY protocol, version 2.
	ProxyHeader bool
}

func (c *Config) idle() time.Duration {
	if c.Idle > 0 {
		return c.Idle
	}
	return defaultIdle
}

// A Backend is one server that connections go to. It outlives Configs.
type Backend struct {
	ID      string // as written to the access log
	Address netip.AddrPort
	Member  *balance.Member // counts the connections in Active

	retired sync.Once
}

// Counts receives the counters of a listener. Its methods may be called
// concurrently.
type Counts interface {
	Accepted()
	Refused()                                         // a connection over a limit
	Opened(delta int64)                               // change in the number of open connections
	Moved(in, out int64)                              // bytes from and to clients
	Retried()                                         // an attempt after the first
	Ended(took, connected time.Duration, side string) // a connection; connected is 0 if no backend accepted it, side is the party at fault
}
