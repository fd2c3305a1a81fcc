package balance

import "time"

// A rise is how a member that came back takes up its share again: caches are
// cold and connections have to be made, so that all of its share at once might
// bring it down again. It does not change.
type rise struct {
	since time.Time
	over  time.Duration
}

// Shares are in parts of fullShare. A member begins with leastShare, a tenth, so
// that it is not without work for the first part of a long rise.
const (
	fullShare  = 256
	leastShare = fullShare / 10
)

// Rise has the member take up its share of new sessions linearly from now over
// the time. It goes before the verdict that makes the member Healthy.
func (m *Member) Rise(over time.Duration) {
	if over > 0 {
		m.rise.Store(&rise{time.Now(), over})
	}
}

// risen reports whether the member has its whole share. It looks at no clock,
// so that a member whose time is over and that nobody has asked for its share
// has not risen.
func (m *Member) risen() bool { return m.rise.Load() == nil }

// share is the part of its share that the member has.
func (m *Member) share() int {
	if r := m.rise.Load(); r != nil {
		return m.shareIn(r)
	}
	return fullShare
}

func (m *Member) shareIn(r *rise) int {
	risen := time.Since(r.since)
	if risen >= r.over {
		m.rise.CompareAndSwap(r, nil) // unless it has begun to rise anew
		return fullShare
	}
	return max(leastShare, int(fullShare*risen/r.over))
}

// weight is the weight of member i for new sessions, times fullShare.
func (g *Group) weight(i int) int { return g.Weights[i] * g.Members[i].share() }

// mostShare is the largest share of the members that take new sessions. If all
// of them rise, the one that is farthest counts as risen: what is divided is
// always everything.
func (g *Group) mostShare(avoid int, want Health) int {
	most := leastShare
	for i, m := range g.Members {
		if g.takes(i, avoid, want) {
			most = max(most, m.share())
		}
	}
	return most
}

// admits reports whether a member with the share takes a session that is its
// own, or leaves it to the others. Draws are uniform from 0 to fullShare-1.
func admits(share, most, draw int) bool { return draw*most < share*fullShare }
