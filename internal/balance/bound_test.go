package balance

import (
	"testing"

	"pgregory.net/rapid"
)

// However exchanges begin and end, a member that gets one has no more than its
// part of the load, by weight and rounded up, times the factor.
func TestBoundHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := newGroup(rapid.SliceOfN(rapid.IntRange(0, 100), 1, 10).Draw(t, "weights")...)
		g.LoadFactor = rapid.SampledFrom([]int{100, 110, 125, 200}).Draw(t, "factor")
		total := 0
		for _, w := range g.Weights {
			total += w
		}
		s, err := New(rapid.SampledFrom([]string{"sch", "qch", "iqch"}).Draw(t, "scheduler"), g, seed)
		if err != nil {
			t.Fatal(err)
		}
		var running []int
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			if len(running) > 0 && rapid.IntRange(0, 3).Draw(t, "ends") == 0 {
				n := rapid.IntRange(0, len(running)-1).Draw(t, "which")
				g.Members[running[n]].Active.Add(-1)
				running = append(running[:n], running[n+1:]...)
				continue
			}
			// Few keys, so that some are requested much more than others.
			i := s.Pick(clientKey(rapid.IntRange(0, 3).Draw(t, "key")), -1)
			if i < 0 {
				if total > 0 {
					t.Fatal("nobody was picked")
				}
				return
			}
			running = append(running, i)
			active := int(g.Members[i].Active.Add(1))
			if most := (len(running)*g.LoadFactor*g.Weights[i] + 100*total - 1) / (100 * total); active > most {
				t.Fatalf("member %d of weight %d has %d of %d exchanges, want at most %d", i, g.Weights[i], active, len(running), most)
			}
		}
	})
}

// A key goes to its own member while that has room, else always to the same other
// one, and comes back.
func TestBoundKeepsKeysTogether(t *testing.T) {
	g := newGroup(10, 10, 10, 10)
	plain := newScheduler(t, "sch", g)
	limited := newGroup(10, 10, 10, 10)
	limited.LoadFactor = 125
	s := newScheduler(t, "sch", limited)
	stands := make(map[int]int) // the members that replace member 0, and for how many keys
	for k := range 1000 {
		own := plain.Pick(clientKey(k), -1)
		if got := s.Pick(clientKey(k), -1); got != own {
			t.Fatalf("without load key %d goes to %d, not to %d", k, got, own)
		}
		limited.Members[own].Active.Store(10)
		first := s.Pick(clientKey(k), -1)
		if first == own {
			t.Fatalf("key %d goes to its member though that has all the load", k)
		}
		if again := s.Pick(clientKey(k), -1); again != first {
			t.Fatalf("key %d goes to %d, then to %d", k, first, again)
		}
		if own == 0 {
			stands[first]++
		}
		limited.Members[own].Active.Store(0)
	}
	if len(stands) != 3 {
		t.Errorf("the overflow of a member goes to %v, want all three others", stands)
	}
}
