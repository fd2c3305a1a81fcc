package balance

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
)

// roundRobin is wrr and, with all weights equal, rr.
//
// While all members are healthy a pick is one atomic add: the counter walks a
// schedule made beforehand. A turn of a member that cannot take it is given
// away by the same algorithm, run live over those that can, so that a dead
// member's share is spread over all others by weight instead of falling to its
// neighbour in the schedule. So are the turns that a member leaves while it rises. That takes a lock, for as long as it takes to look
// at each member once.
type roundRobin struct {
	group *Group
	cycle []uint16 // turns, as indexes of members

	_    [64]byte      // every pick writes turn: not on the line of what it only reads
	turn atomic.Uint64 // turns taken; the next is at turn modulo len(cycle)
	_    [56]byte

	mu   sync.Mutex
	rest smooth // guarded by mu; shares out the turns of members that cannot take them
}

// newRoundRobin starts at a random turn: schedulers are made anew at each
// change of configuration and on each node, and all of them would give their
// first exchanges to the same member.
func newRoundRobin(g *Group, weights []int) *roundRobin {
	r := &roundRobin{group: g, cycle: schedule(weights), rest: newSmooth(weights)}
	if n := len(r.cycle); n > 0 {
		r.turn.Store(rand.Uint64N(uint64(n)))
	}
	return r
}

// evenWeights is weights as rr sees them: one turn each, none for weight 0.
func evenWeights(weights []int) []int {
	even := make([]int, len(weights))
	for i, w := range weights {
		even[i] = min(w, 1)
	}
	return even
}

// Pick returns the member whose turn it is.
func (r *roundRobin) Pick(_ Key, avoid int) int {
	if len(r.cycle) == 0 {
		return -1
	}
	turn := r.turn.Add(1) - 1
	if i := int(r.cycle[turn%uint64(len(r.cycle))]); r.group.takes(i, avoid, Healthy) && r.keeps(i, avoid) {
		return i
	}
	return r.giveAway(avoid)
}

// keeps reports whether a member keeps a turn of its own. One that rises gives
// away as many as it has no share in, at random; shared out by what each has a
// share in, itself included, they leave everybody with just that.
func (r *roundRobin) keeps(i, avoid int) bool {
	m := r.group.Members[i]
	return m.risen() || admits(m.share(), r.group.mostShare(avoid, Healthy), rand.IntN(fullShare))
}

func (r *roundRobin) giveAway(avoid int) int {
	first, want := r.group.best(avoid)
	if first < 0 {
		return -1
	}
	r.mu.Lock()
	i := r.rest.next(r.group, avoid, want)
	r.mu.Unlock()
	if i < 0 { // verdicts changed since best looked
		return first
	}
	return i
}
