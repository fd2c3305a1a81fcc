package balance

import (
	"errors"
	"fmt"
	"math"
)

// A Scheduler chooses among the members of one group.
//
// Pick returns the index of a usable member other than avoid (-1: none to
// avoid), or -1 if there is none. It is called from many goroutines at once
// and does not allocate. It does not count the exchange: the caller adds to
// Member.Active.
type Scheduler interface {
	Pick(k Key, avoid int) int
}

// A Key is the input of the hashing schedulers.
type Key struct {
	ClientIP [16]byte // IPv4 in its IPv6-mapped form
	QUICID   []byte   // the client's first destination connection id; nil unless over QUIC
}

// New returns the scheduler of the given name over g: wrr, wlc, rr, sch, qch or
// iqch. The hashing ones derive their keys from the seed, 32 random bytes kept
// with the listener (decisions, Data plane 2); nodes with the same seed and the
// same members map a key to the same member. The others ignore it.
func New(name string, g *Group, seed []byte) (Scheduler, error) {
	if err := g.check(); err != nil {
		return nil, err
	}
	switch name {
	case "wrr":
		return newRoundRobin(g, g.Weights), nil
	case "rr":
		return newRoundRobin(g, evenWeights(g.Weights)), nil
	case "wlc":
		return &leastActive{group: g}, nil
	}
	part, ok := map[string]keyPart{"sch": clientIP, "qch": quicID, "iqch": quicServerID}[name]
	if !ok {
		return nil, fmt.Errorf("unknown scheduler %q", name)
	}
	if len(seed) < minSeed {
		return nil, fmt.Errorf("scheduler %s: a seed of %d bytes is too short, want 32", name, len(seed))
	}
	return newHashed(part, g, seed), nil
}

// minSeed is the shortest seed, in bytes, that cannot be guessed.
const minSeed = 16

// maxMembers is the largest number of members of a group: schedules and tables
// hold their indexes in 16 bits.
const maxMembers = math.MaxUint16

func (g *Group) check() error {
	if len(g.Members) != len(g.Weights) {
		return fmt.Errorf("a group of %d members has %d weights", len(g.Members), len(g.Weights))
	}
	if len(g.Members) > maxMembers {
		return fmt.Errorf("a group of %d members is too large, want at most %d", len(g.Members), maxMembers)
	}
	if g.LoadFactor != 0 && g.LoadFactor < 100 {
		return fmt.Errorf("a load factor of %d%% has no room for the load there is, want at least 100%%", g.LoadFactor)
	}
	seen := make(map[string]bool, len(g.Members))
	for i, m := range g.Members {
		if m == nil {
			return errors.New("a group has a nil member")
		}
		if seen[m.ID] {
			return fmt.Errorf("member %q is in the group twice", m.ID)
		}
		seen[m.ID] = true
		if w := g.Weights[i]; w < 0 || w > maxWeight {
			return fmt.Errorf("member %q has weight %d, want 0 to %d", m.ID, w, maxWeight)
		}
	}
	return nil
}

// maxWeight is the largest weight the API accepts.
const maxWeight = 100
