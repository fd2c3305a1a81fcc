package balance

import "time"

// A rise is the slow start of a member that came back: caches are cold and
// connections have to be made, so that its full share at once might bring it down
// again. It is immutable.
type rise struct {
	since time.Time
	over  time.Duration
}

// Shares are in parts of fullShare. A member begins with leastShare, a tenth, so
// that it gets work in the first part of a long rise, too.
const (
	fullShare  = 256
	leastShare = fullShare / 10
)

// Rise makes the member take up its share of new sessions linearly from now over
// the time. It must be called before the verdict that makes the member Healthy.
func (m *Member) Rise(over time.Duration) {
	if over > 0 {
		m.rise.Store(&rise{time.Now(), over})
	}
}

// risen reports whether the member takes its full share. It does not read the
// clock, so a member counts as rising after its time until its share was asked
// for.
func (m *Member) risen() bool { return m.rise.Load() == nil }

// share returns the part of its share that the member takes now.
func (m *Member) share() int {
	if r := m.rise.Load(); r != nil {
		return m.shareIn(r)
	}
	return fullShare
}

func (m *Member) shareIn(r *rise) int {
	risen := time.Since(r.since)
	if risen >= r.over {
		m.rise.CompareAndSwap(r, nil) // unless it has begun to rise again
		return fullShare
	}
	return max(leastShare, int(fullShare*risen/r.over))
}

// weight is the weight of member i for new sessions, times fullShare.
func (g *Group) weight(i int) int { return g.Weights[i] * g.Members[i].share() }

// mostShare is the largest share of the members that take new sessions. If all of
// them rise, the most advanced one counts as risen, so that everything is
// distributed.
func (g *Group) mostShare(avoid int, want Health) int {
	most := leastShare
	for i, m := range g.Members {
		if g.takes(i, avoid, want) {
			most = max(most, m.share())
		}
	}
	return most
}

// admits reports whether a member with the share takes a session of its own, or
// leaves it to the others. Draws are uniform from 0 to fullShare-1.
func admits(share, most, draw int) bool { return draw*most < share*fullShare }
