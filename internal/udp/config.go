package udp

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"elbow/internal/balance"
	"elbow/internal/socket"
)

// A Config is the behaviour of a listener. It is immutable once published; a session
// loads it once, when it begins.
type Config struct {
	// LoadBalancer and Port label the access log.
	LoadBalancer string
	Port         int

	Backends  []*Backend        // in the order of the group's members
	Scheduler balance.Scheduler // over the members of Backends

	// QUIC enables parsing of QUIC connection ids, for a Scheduler that hashes them.
	QUIC bool

	// Idle is how long a session may carry nothing in either direction before it ends. 0
	// means 900s, the default of the API.
	Idle time.Duration
}

func (c *Config) idle() time.Duration {
	if c.Idle > 0 {
		return c.Idle
	}
	return defaultIdle
}

// A Backend is one server that datagrams are forwarded to. It outlives Configs.
type Backend struct {
	ID      string // as written to the access log
	Address netip.AddrPort
	Member  *balance.Member // counts the sessions in Active

	retired sync.Once
	refused atomic.Int64 // instant of its last ICMP port unreachable; 0: never
}

// refusalTime is how long a backend that has refused is avoided if there is another
// one. Its health checks notice the failure only later.
const refusalTime = time.Second

// pick returns the backend of a new session, nil if there is none. avoid is the index
// of one that has just refused, or -1.
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
		i = c.Scheduler.Pick(key, -1) // there is no other, and it may be up again
	}
	if i < 0 {
		return nil
	}
	return c.Backends[i]
}

// Counts receives the counters of a listener. Its methods may be called concurrently.
type Counts interface {
	Accepted()                                        // a new session
	Refused()                                         // a datagram without a session
	Opened(delta int64)                               // change in the number of open sessions
	Moved(in, out int64)                              // bytes from and to clients
	Retried()                                         // a session moved after a refusal
	Ended(took, connected time.Duration, side string) // a session; side is the party at fault
}
