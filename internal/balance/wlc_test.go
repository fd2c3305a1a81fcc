package balance

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The pick has the least (active+1)/weight.
func TestWLCPicksTheLeastLoaded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := newGroup(rapid.SliceOfN(rapid.IntRange(0, 100), 1, 10).Draw(t, "weights")...)
		for _, m := range g.Members {
			m.Active.Store(rapid.Int64Range(0, 1000).Draw(t, "active"))
		}
		load := func(i int) float64 { return float64(g.Members[i].Active.Load()+1) / float64(g.Weights[i]) }
		s, err := New("wlc", g, seed)
		if err != nil {
			t.Fatal(err)
		}
		got := s.Pick(Key{}, -1)
		for i, w := range g.Weights {
			if w > 0 && (got < 0 || load(i) < load(got)) {
				t.Fatalf("picked %d though %d has less to do", got, i)
			}
		}
	})
}

// Long exchanges end up in proportion to the weights.
func TestWLCFillsByWeight(t *testing.T) {
	g := newGroup(100, 50, 0, 25)
	s := newScheduler(t, "wlc", g)
	for range 700 {
		g.Members[s.Pick(Key{}, -1)].Active.Add(1)
	}
	got := make([]int, 4)
	for i, m := range g.Members {
		got[i] = int(m.Active.Load())
	}
	if want := []int{400, 200, 0, 100}; !slices.Equal(got, want) {
		t.Errorf("700 exchanges in flight: got %v, want %v", got, want)
	}
}

// Idle members of equal weight share new exchanges, wherever they are in the
// group: the first requests do not all go to the first member.
func TestWLCSpreadsTies(t *testing.T) {
	g := newGroup(10, 10, 10, 1, 1, 1, 1, 10)
	const n = 8000
	got, _ := spread(newScheduler(t, "wlc", g), 8, n, -1)
	near(t, got, []int{1, 1, 1, 0, 0, 0, 0, 1}, n, 0.05)
}

// A count that a bug elsewhere made negative must not stop traffic.
func TestWLCSurvivesNegativeCounts(t *testing.T) {
	g := newGroup(1, 1)
	g.Members[0].Active.Store(-5)
	if got := newScheduler(t, "wlc", g).Pick(Key{}, -1); got != 0 {
		t.Errorf("got %d, want 0", got)
	}
}
