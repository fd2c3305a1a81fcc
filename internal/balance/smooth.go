package balance

// smooth is the smooth weighted round robin of nginx: of every W turns, W being
// the sum of the weights, each member gets as many as its weight, spread as
// evenly as the weights allow (5, 1, 1 gives a a b a c a a). It is not safe for
// concurrent use.
type smooth struct {
	weights []int
	current []int // credit of each member, in turns times W; sums to 0
}

func newSmooth(weights []int) smooth {
	return smooth{weights, make([]int, len(weights))}
}

// next returns the member whose turn it is among those that g takes, or -1 if it
// takes none. A member that is skipped gains no credit; one that rises counts
// with its present share.
func (s *smooth) next(g *Group, avoid int, want Health) int {
	best, total := -1, 0
	for i, w := range s.weights {
		if !g.takes(i, avoid, want) {
			continue
		}
		w *= g.Members[i].share()
		best, total = s.credit(i, w, best), total+w
	}
	if best >= 0 {
		s.current[best] -= total
	}
	return best
}

// credit adds w to the credit of member i for one turn, and returns the one of i
// and best with more credit.
func (s *smooth) credit(i, w, best int) int {
	s.current[i] += w
	if best < 0 || s.current[i] > s.current[best] {
		return i
	}
	return best
}

// schedule returns one whole cycle of turns of all members. The weights are
// reduced by their common divisor first, so that equal weights make a cycle of
// one turn each; it is empty if all weights are 0.
func schedule(weights []int) []uint16 {
	divisor, total := 0, 0
	for _, w := range weights {
		divisor, total = gcd(divisor, w), total+w
	}
	if total == 0 {
		return nil
	}
	s := newSmooth(weights)
	cycle := make([]uint16, total/divisor)
	for turn := range cycle {
		best := -1
		for i, w := range weights {
			if w > 0 {
				best = s.credit(i, w, best)
			}
		}
		s.current[best] -= total
		cycle[turn] = uint16(best)
	}
	return cycle
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
