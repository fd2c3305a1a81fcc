package balance

import (
	"slices"
	"strings"
)

// A ring is the lookup table of Maglev (Eisenbud et al., NSDI 2016, section 3.4):
// each slot belongs to a member, each member owns slots in proportion to its
// weight, and removing a member changes little more than the slots of that
// member. It is computed from ids, weights and key alone, so that all nodes
// compute the same one.
type ring []uint16 // indexes of members

// ringSize is the number of slots, 2 bytes each: 32 KiB for each listener that
// hashes. It must be prime, so that walks reach every slot. With 50 members of
// equal weight shares are exact to 0.3 % of each, and of the slots of members
// that stay about 1 % move when one leaves.
const ringSize = 16381

// newRing returns the table for the members of g, nil if none has a weight.
// Members take turns to claim the first free slot of their own walk through the
// table; a member of half the weight has half the turns.
func newRing(g *Group, key sipKey) ring {
	walks := ringWalks(g, key)
	if len(walks) == 0 {
		return nil
	}
	heaviest := slices.Max(g.Weights)
	table := make(ring, ringSize)
	taken := make([]bool, ringSize)
	for free := ringSize; ; {
		for i := range walks {
			w := &walks[i]
			if w.credit += w.weight; w.credit < heaviest {
				continue
			}
			w.credit -= heaviest
			for taken[w.slot] {
				w.step()
			}
			taken[w.slot] = true
			table[w.slot] = w.member
			if free--; free == 0 {
				return table
			}
		}
	}
}

// A ringWalk is the order in which one member claims slots: every skip-th, from
// an offset on.
type ringWalk struct {
	id             string
	member         uint16 // index in the group
	weight, credit int
	slot, skip     int
}

func (w *ringWalk) step() {
	if w.slot += w.skip; w.slot >= ringSize {
		w.slot -= ringSize
	}
}

// ringWalks returns the walks of the members that have a weight, ordered by id:
// the order of turns must not depend on the order in the group.
func ringWalks(g *Group, key sipKey) []ringWalk {
	walks := make([]ringWalk, 0, len(g.Members))
	for i, m := range g.Members {
		if g.Weights[i] == 0 {
			continue
		}
		sum := key.sum([]byte(m.ID))
		walks = append(walks, ringWalk{
			id:     m.ID,
			member: uint16(i),
			weight: g.Weights[i],
			slot:   int(sum >> 32 % ringSize),
			skip:   int(sum&0xffffffff%(ringSize-1)) + 1,
		})
	}
	slices.SortFunc(walks, func(a, b ringWalk) int { return strings.Compare(a.id, b.id) })
	return walks
}
