// Package balance picks a member of a group: six schedulers and sticky
// cookies. It opens no sockets and starts no goroutines. Start reading at
// Group, then Scheduler, then Sticky.
package balance

import "sync/atomic"

// A Member is one backend as the schedulers see it. It outlives groups: the next
// group uses the same Member if the backend's address did not change, so that its
// health and its count of active exchanges survive.
//
// Every pick on every core reads the health, and every exchange writes Active
// twice. The padding keeps them on separate cache lines (64 bytes on amd64 and
// arm64), so that the writes do not slow the reads.
type Member struct {
	ID     string               // stable name; the hashing schedulers and the cookies depend on it
	health atomic.Int32         // a Health
	rise   atomic.Pointer[rise] // nil: it takes its full share
	_      [32]byte

	Active atomic.Int64 // exchanges in flight
	_      [56]byte
}

// Health is the verdict of the health checks on a member.
type Health int32

// A newly added member is Unknown: it is picked only if no Healthy member can be
// (decisions, Data plane 6). Where health checks are off, the code that builds
// the group declares its members Healthy.
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

	// LoadFactor bounds the exchanges in flight of one member when keys are
	// hashed, in percent of the average for its weight: 125 is a quarter more.
	// While a member is at its bound its keys go to other members, each key
	// always to the same one. At least 100; 0 means no bound.
	LoadFactor int
}

// takes reports whether a new session may go to member i, if members of the given
// health are wanted.
func (g *Group) takes(i, avoid int, want Health) bool {
	return i != avoid && g.Weights[i] > 0 && g.Members[i].Health() == want
}

// best returns the health to look for, and the first member that has it: Healthy
// or, if no member is, Unknown; -1 if no member is usable. It takes one pass, so
// that a verdict that changes meanwhile may make the answer slightly stale but
// never makes a usable group look empty.
func (g *Group) best(avoid int) (first int, want Health) {
	first, want = -1, Unhealthy
	for i, m := range g.Members {
		if i == avoid || g.Weights[i] == 0 {
			continue
		}
		switch m.Health() {
		case Healthy:
			return i, Healthy
		case Unknown:
			if first < 0 {
				first, want = i, Unknown
			}
		}
	}
	return first, want
}
