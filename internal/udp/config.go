package udp

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"elbow/internal/balance"
	"elbow/internal/socket"
)

// A Config is what a listener does. It is immutable once published; a session that
// begins loads it once.
type Config struct {
	// LoadBalancer and Port label the access log.
	LoadBalancer string
	Port         int

	Backends  []*Backend        // in the order of the group's members
	Scheduler balance.Scheduler // over the members of Backends

	// QUIC has the connection ids of QUIC looked at, for a Scheduler that hashes them.
	QUIC bool

	// Idle is how long a session may carry nothing in either direction; then it ends. 0
	// means 900s, the default of the API.
	Idle time.Duration
}

func (c *Config) idle() time.Duration {
	if c.Idle > 0 {
		return c.Idle
	}
	return defaultIdle
}

// A Backend is one server that datagrams go to. It outlives configs.
type Backend struct {
	ID      string // as the access log names it
	Address netip.AddrPort
	Member  *balance.Member // counts the sessions in Active

	retired sync.Once
	refused atomic.Int64 // instant at which it said last that nobody listens; 0: never
}

// refusalTime is for how long a backend that has refused is passed over, if there is
// another one: what its health checks say comes later.
const refusalTime = time.Second

// pick is the backend of a session that begins now, nil if there is none. avoid is the
// index of one that has just refused, -1 if none has.
func (c *Config) pick(key balance.Key, avoid int, now socket.Instant) *Backend {
	if c.Scheduler == nil {
		return nil
	}
	i := c.Scheduler.Pick(key, avoid)
	if i >= 0 {
		if at := socket.Instant(c.Backends[i].refused.Load()); at != 0 && now.Sub(at) < refusalTime {
			if other := c.Scheduler.Pick(key, i); other >= 0 && other != avoid {
				i = other
			}
		}
	} else if avoid >= 0 {
		i = c.Scheduler.Pick(key, -1) // there is no other: it may be back
	}
	if i < 0 {
		return nil
	}
	return c.Backends[i]
}

// Counts takes what a listener counts. Its methods may be called from several
// goroutines at once.
type Counts interface {
	Accepted()                                        // a session that begins
	Refused()                                         // a datagram for which there could be no session
	Opened(delta int64)                               // sessions that are open
	Moved(in, out int64)                              // bytes from and to clients
	Retried()                                         // a session with another backend, after the first has refused
	Ended(took, connected time.Duration, side string) // a session; side is who broke it
}
