package balance

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
)

// roundRobin implements wrr and, with all weights equal, rr.
//
// While all members are healthy a pick is one atomic add: the counter walks a
// precomputed schedule. The turn of a member that cannot take it is given away by
// the same algorithm, run live over those that can, so that a dead member's share
// is spread over all others by weight instead of falling to its neighbour in the
// schedule. The turns that a member leaves while it rises are given away in the
// same way. That takes a lock, for as long as it takes to look at each member
// once.
type roundRobin struct {
	group *Group
	cycle []uint16 // turns, as indexes of members

	_    [64]byte      // every pick writes turn: keep it off the cache line of fields that are only read
	turn atomic.Uint64 // turns taken; the next is at turn modulo len(cycle)
	_    [56]byte

	mu   sync.Mutex
	rest smooth // guarded by mu; distributes the turns of members that cannot take them
}

// newRoundRobin starts at a random turn: a scheduler is created at each
// configuration change and on each node, and all of them would give their first
// exchanges to the same member.
func newRoundRobin(g *Group, weights []int) *roundRobin {
	r := &roundRobin{group: g, cycle: schedule(weights), rest: newSmooth(weights)}
	if n := len(r.cycle); n > 0 {
		r.turn.Store(rand.Uint64N(uint64(n)))
	}
	return r
}

// evenWeights returns the weights for rr: one turn each, none for weight 0.
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

// keeps reports whether a member keeps a turn of its own. A member that rises
// gives away the part outside its share, at random; distributed by the current
// shares, its own included, those turns leave each member with exactly its share.
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
	if i < 0 { // verdicts changed after best read them
		return first
	}
	return i
}
