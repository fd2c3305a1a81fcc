// Package balance picks a member of a group: six schedulers and sticky
// cookies. It opens no sockets and starts no goroutines. Start reading at
// Group, then Scheduler.
package balance

import "sync/atomic"

// A Member is one backend as the schedulers see it. It outlives groups: the
// same Member is in the next group if the backend's address did not change, so
// that its health and its count of active exchanges survive.
type Member struct {
	ID     string       // stable name; the hashing schedulers and the cookies depend on it
	Active atomic.Int64 // exchanges in flight
	health atomic.Int32 // a Health
}

// Health is the verdict of the health checks on a member.
type Health int32

// A member just added is Unknown: it is picked only if no member is Healthy
// (decisions, Data plane 6).
const (
	Unknown Health = iota
	Healthy
	Unhealthy
)

// Health returns the last verdict.
func (m *Member) Health() Health { return Health(m.health.Load()) }

// SetHealth records a verdict. The next Pick sees it.
func (m *Member) SetHealth(h Health) { m.health.Store(int32(h)) }

// A Group is an immutable list of members with their weights; only the atomics
// inside the members change. Members and Weights have equal length.
type Group struct {
	Members []*Member
	Weights []int // 0 to 100; 0 takes no new sessions
}

// A Scheduler chooses among the members of one group.
//
// Pick returns the index of a usable member other than avoid (-1: none to
// avoid), or -1 if there is none. It is called from many goroutines at once
// and does not allocate.
type Scheduler interface {
	Pick(k Key, avoid int) int
}

// A Key is what the hashing schedulers look at.
type Key struct {
	ClientIP [16]byte // IPv4 in its IPv6-mapped form
	QUICID   []byte   // the client's first destination connection id; nil unless over QUIC
}
