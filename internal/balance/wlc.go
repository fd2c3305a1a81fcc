package balance

import "math/rand/v2"

// leastActive implements wlc: the member with the fewest exchanges in flight for
// its weight, counting the new one. The count is read without a lock and is only
// raised after Pick returned, so exchanges that begin at the same instant see the
// same counts; ties are broken at random, so that they still spread.
type leastActive struct {
	group *Group
}

// Pick returns the member with the least (active+1)/weight.
func (l *leastActive) Pick(_ Key, avoid int) int {
	for _, want := range [...]Health{Healthy, Unknown} {
		if i := l.least(avoid, want); i >= 0 {
			return i
		}
	}
	first, _ := l.group.best(avoid) // verdicts may have changed between the two calls
	return first
}

func (l *leastActive) least(avoid int, want Health) int {
	var (
		best       = -1
		load       int64 // of best: exchanges in flight plus the new one
		weight     int64 // of best
		ties       uint64
		tieBreaker = rand.Uint32()
	)
	for i, m := range l.group.Members {
		if !l.group.takes(i, avoid, want) {
			continue
		}
		n, w := m.Active.Load()+1, int64(l.group.weight(i))
		switch mine, least := n*weight, load*w; { // n/w against load/weight
		case best < 0 || mine < least:
			best, load, weight, ties = i, n, w, 1
		case mine == least:
			// The k-th of equals replaces the chosen one with probability 1/k,
			// which gives each the same chance.
			ties++
			tieBreaker = tieBreaker*1664525 + 1013904223 // Knuth's "quick and dirty" generator
			if uint64(tieBreaker)*ties>>32 == 0 {
				best = i
				load, weight = n, w
			}
		}
	}
	return best
}
