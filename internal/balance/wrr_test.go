package balance

import (
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func TestSchedule(t *testing.T) {
	for _, tt := range []struct {
		weights []int
		want    []uint16
	}{
		{[]int{5, 1, 1}, []uint16{0, 0, 1, 0, 2, 0, 0}}, // nginx's own example
		{[]int{100, 100, 100}, []uint16{0, 1, 2}},
		{[]int{100, 50}, []uint16{0, 1, 0}},
		{[]int{0, 7, 0}, []uint16{1}},
		{[]int{0, 0}, nil},
		{nil, nil},
	} {
		if got := schedule(tt.weights); !slices.Equal(got, tt.want) {
			t.Errorf("schedule of %v: got %v, want %v", tt.weights, got, tt.want)
		}
	}
}

// In any whole cycle each member has exactly its weight in turns, wherever the
// cycle begins, and never waits for longer than twice its even distance.
func TestScheduleIsSmooth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.IntRange(0, 100), 1, 10).Draw(t, "weights")
		cycle := schedule(weights)
		for i, w := range weights {
			if w == 0 {
				continue
			}
			turns, gap, longest := 0, 0, 0
			for _, m := range append(slices.Clone(cycle), cycle...) {
				if gap++; int(m) == i {
					turns++
					longest, gap = max(longest, gap), 0
				}
			}
			even := (len(cycle)*2 + turns - 1) / turns
			if longest > 2*even+1 {
				t.Fatalf("weights %v: member %d waits %d turns, want about %d", weights, i, longest, even)
			}
		}
	})
}

func TestWRRGivesExactShares(t *testing.T) {
	weights := []int{50, 30, 20, 0}
	g := newGroup(weights...)
	got, _ := spread(newScheduler(t, "wrr", g), 4, 100, -1)
	if !slices.Equal(got, weights) {
		t.Errorf("100 picks: got %v, want %v", got, weights)
	}
}

func TestRRIgnoresWeightsButZero(t *testing.T) {
	got, _ := spread(newScheduler(t, "rr", newGroup(100, 1, 0, 50)), 4, 300, -1)
	if want := []int{100, 100, 0, 100}; !slices.Equal(got, want) {
		t.Errorf("300 picks: got %v, want %v", got, want)
	}
}

// The share of members that are down goes to all others by weight, not to their
// neighbours in the schedule.
func TestWRRSharesOutTheTurnsOfTheDead(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		g := newGroup(rapid.SliceOfN(rapid.IntRange(1, 100), 2, 10).Draw(rt, "weights")...)
		name := rapid.SampledFrom([]string{"wrr", "rr"}).Draw(rt, "scheduler")
		down := rapid.SliceOfNDistinct(rapid.IntRange(0, len(g.Members)-1), 1, len(g.Members)-1, rapid.ID).Draw(rt, "down")
		living := slices.Clone(g.Weights)
		if name == "rr" {
			living = evenWeights(living)
		}
		for _, i := range down {
			g.Members[i].SetHealth(Unhealthy)
			living[i] = 0
		}
		s, err := New(name, g, seed)
		if err != nil {
			rt.Fatal(err)
		}
		const n = 5000
		got, none := spread(s, len(g.Members), n, -1)
		if none > 0 {
			rt.Fatalf("%d of %d picks found nobody", none, n)
		}
		near(t, got, living, n, 0.02)
	})
}

// Concurrent picks lose no turn and give none twice.
func TestWRRConcurrent(t *testing.T) {
	const goroutines, picks = 8, 700
	g := newGroup(4, 2, 1)
	s := newScheduler(t, "wrr", g)
	var (
		mu  sync.Mutex
		all = make([]int, 3)
		wg  sync.WaitGroup
	)
	for range goroutines {
		wg.Go(func() {
			got, _ := spread(s, 3, picks, -1)
			mu.Lock()
			defer mu.Unlock()
			for i, n := range got {
				all[i] += n
			}
		})
	}
	wg.Wait()
	if want := []int{3200, 1600, 800}; !slices.Equal(all, want) {
		t.Errorf("%d picks: got %v, want %v", goroutines*picks, all, want)
	}
}

// Health that flaps while others pick never makes the group look empty: one
// member is up all the time.
func TestPickWhileVerdictsChange(t *testing.T) {
	for _, name := range schedulers {
		g := newGroup(1, 100, 100)
		s := newScheduler(t, name, g)
		done := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
					g.Members[1].SetHealth(Health(n % 3))
					g.Members[2].SetHealth(Health((n + 1) % 3))
				}
			}
		})
		_, none := spread(s, 3, 20000, -1)
		close(done)
		wg.Wait()
		if none > 0 {
			t.Errorf("%s: %d picks found nobody", name, none)
		}
	}
}
