package balance

// A bound is the share of the load that a member may have, in proportion to its
// weight: LoadFactor percent of the average ("Consistent Hashing with Bounded
// Loads", Mirrokni, Thorup and Zadimoghaddam, 2016). The zero bound limits
// nothing.
//
// It is computed for one pick, from counts that change concurrently. As picks are
// counted only after they were made, exchanges that begin at the same instant may
// exceed it by their number.
type bound struct {
	load   int64 // exchanges in flight plus the new one, times LoadFactor
	weight int64 // of all members, times 100
}

// bound returns the bound over the members that take new sessions.
func (g *Group) bound(avoid int, want Health) bound {
	if g.LoadFactor == 0 {
		return bound{}
	}
	active, weight := int64(1), int64(0)
	for i, m := range g.Members {
		if g.takes(i, avoid, want) {
			active += m.Active.Load()
			weight += int64(g.weight(i))
		}
	}
	return bound{active * int64(g.LoadFactor), 100 * max(weight, 1)}
}

// fits reports whether member i may have one more exchange. As the average is
// rounded up for each, at least one member may.
func (b bound) fits(g *Group, i int) bool {
	if b.weight == 0 {
		return true
	}
	most := (b.load*int64(g.weight(i)) + b.weight - 1) / b.weight
	return g.Members[i].Active.Load() < most
}
