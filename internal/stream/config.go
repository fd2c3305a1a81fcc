package stream

import (
	"net/netip"
	"sync"
	"time"

	"elbow/internal/balance"
)

// A Config is what a listener does. It is immutable once published; a connection that
// begins loads it once.
type Config struct {
	// LoadBalancer and Port label the access log.
	LoadBalancer string
	Port         int

	Backends  []*Backend        // in the order of the group's members
	Scheduler balance.Scheduler // over the members of Backends

	// Idle is how long a connection may carry nothing in either direction; then it is
	// closed. 0 means 900s, the default of the API.
	Idle time.Duration

	// Persistence is how long after its last connection has begun a client address is
	// sent to the same backend. 0: each connection is scheduled anew.
	Persistence time.Duration

	// ProxyHeader has each connection to a backend begin with the header of the PROXY
	// protocol, version 2.
	ProxyHeader bool
}

func (c *Config) idle() time.Duration {
	if c.Idle > 0 {
		return c.Idle
	}
	return defaultIdle
}

// A Backend is one server that connections go to. It outlives configs.
type Backend struct {
	ID      string // as the access log names it
	Address netip.AddrPort
	Member  *balance.Member // counts the connections in Active

	retired sync.Once
}

// Counts takes what a listener counts. Its methods may be called from several
// goroutines at once.
type Counts interface {
	Accepted()
	Refused()                                         // a connection beyond a limit
	Opened(delta int64)                               // connections that are open
	Moved(in, out int64)                              // bytes from and to clients
	Retried()                                         // an attempt after the first
	Ended(took, connected time.Duration, side string) // a connection; connected is 0 if no backend accepted, side is who broke it
}

// Retire resets, after the DrainTimeout, the connections to a backend that no Config
// uses any more.
func (s *Streams) Retire(b *Backend) {
	b.retired.Do(func() {
		time.AfterFunc(s.drain, func() {
			s.engine.cut(func(_ *Listener, of *Backend) bool { return of == b }, byRetirement)
		})
	})
}
