package balance

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// seed is a listener's seed.
var seed = []byte("0123456789abcdef0123456789abcdef")

// schedulers are the names that New accepts.
var schedulers = []string{"wrr", "wlc", "rr", "sch", "qch", "iqch"}

// newGroup returns a group of healthy members i-0, i-1 … with these weights.
func newGroup(weights ...int) *Group {
	g := &Group{Weights: weights}
	for i := range weights {
		m := &Member{ID: fmt.Sprintf("i-%d", i)}
		m.SetHealth(Healthy)
		g.Members = append(g.Members, m)
	}
	return g
}

func newScheduler(t testing.TB, name string, g *Group) Scheduler {
	t.Helper()
	s, err := New(name, g, seed)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// clientKey is the n-th of many clients: an address and a QUIC id of its own.
func clientKey(n int) Key {
	k := Key{QUICID: []byte{0x40, byte(n), byte(n >> 8), byte(n >> 16), 0x77}}
	k.ClientIP[10], k.ClientIP[11] = 0xff, 0xff
	k.ClientIP[13], k.ClientIP[14], k.ClientIP[15] = byte(n>>16), byte(n>>8), byte(n)
	return k
}

// spread counts the picks of each member in n picks, one for each client, and
// those that returned none.
func spread(s Scheduler, members, n, avoid int) (got []int, none int) {
	got = make([]int, members)
	for k := range n {
		if i := s.Pick(clientKey(k), avoid); i >= 0 {
			got[i]++
		} else {
			none++
		}
	}
	return got, none
}

// near fails the test unless each member got its share of n within tolerance,
// a fraction of n.
func near(t *testing.T, got, weights []int, n int, tolerance float64) {
	t.Helper()
	total := 0
	for _, w := range weights {
		total += w
	}
	for i, w := range weights {
		want := float64(n) * float64(w) / float64(total)
		if math.Abs(float64(got[i])-want) > tolerance*float64(n) {
			t.Errorf("weights %v: member %d got %d of %d, want about %.0f (all: %v)", weights, i, got[i], n, want, got)
		}
	}
}

// drawGroup draws a group whose members have any weight and health.
func drawGroup(t *rapid.T) *Group {
	g := newGroup(rapid.SliceOfN(rapid.IntRange(0, 100), 0, 12).Draw(t, "weights")...)
	for _, m := range g.Members {
		m.SetHealth(rapid.SampledFrom([]Health{Unknown, Healthy, Unhealthy}).Draw(t, "health"))
		m.Active.Store(rapid.Int64Range(0, 100).Draw(t, "active"))
		if percent := rapid.IntRange(0, 100).Draw(t, "risen"); percent < 100 {
			rises(m, percent)
		}
	}
	g.LoadFactor = rapid.SampledFrom([]int{0, 100, 125}).Draw(t, "load factor")
	return g
}

// The guarantees of every scheduler, whatever the group: the pick is usable,
// Unknown only if no Healthy member can take it, and there is one if any member
// is usable.
func TestPickIsUsable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawGroup(t)
		name := rapid.SampledFrom(schedulers).Draw(t, "scheduler")
		avoid := rapid.IntRange(-1, max(0, len(g.Members)-1)).Draw(t, "avoid")
		s, err := New(name, g, seed)
		if err != nil {
			t.Fatal(err)
		}
		want := Unhealthy
		for i, m := range g.Members {
			switch {
			case i == avoid || g.Weights[i] == 0:
			case m.Health() == Healthy:
				want = Healthy
			case m.Health() == Unknown && want != Healthy:
				want = Unknown
			}
		}
		for n := range 50 {
			i := s.Pick(clientKey(n), avoid)
			switch {
			case i < 0 && want == Unhealthy:
			case i < 0:
				t.Fatalf("%s: nobody picked, want a member with health %d", name, want)
			case i == avoid || g.Weights[i] == 0 || g.Members[i].Health() != want:
				t.Fatalf("%s: picked member %d with weight %d and health %d, want health %d and not %d",
					name, i, g.Weights[i], g.Members[i].Health(), want, avoid)
			}
		}
	})
}

// A verdict counts from the next pick on.
func TestPickSeesVerdictAtOnce(t *testing.T) {
	for _, name := range schedulers {
		g := newGroup(100, 100)
		s := newScheduler(t, name, g)
		for n := range 200 {
			down, up := n%2, 1-n%2
			g.Members[down].SetHealth(Unhealthy)
			g.Members[up].SetHealth(Healthy)
			if got := s.Pick(clientKey(n), -1); got != up {
				t.Fatalf("%s, pick %d: got member %d, want %d, the only healthy one", name, n, got, up)
			}
		}
	}
}

func TestNewRefuses(t *testing.T) {
	twice := newGroup(1, 1)
	twice.Members[1] = twice.Members[0]
	uneven := newGroup(1, 1)
	uneven.Weights = uneven.Weights[:1]
	missing := newGroup(1)
	missing.Members[0] = nil
	for name, tt := range map[string]struct {
		scheduler string
		group     *Group
		seed      []byte
	}{
		"unknown name":          {"lru", newGroup(1), seed},
		"name in upper case":    {"WRR", newGroup(1), seed},
		"weight over 100":       {"wrr", newGroup(101), seed},
		"negative weight":       {"wrr", newGroup(-1), seed},
		"member twice":          {"wrr", twice, seed},
		"nil member":            {"wrr", missing, seed},
		"weight missing":        {"wrr", uneven, seed},
		"load factor under 100": {"sch", &Group{LoadFactor: 99}, seed},
		"hash without a seed":   {"sch", newGroup(1), nil},
		"hash, short seed":      {"qch", newGroup(1), seed[:15]},
	} {
		if s, err := New(tt.scheduler, tt.group, tt.seed); err == nil {
			t.Errorf("%s: got %T, want an error", name, s)
		}
	}
}

func TestPickOfNobody(t *testing.T) {
	for _, name := range schedulers {
		for _, g := range []*Group{newGroup(), newGroup(0, 0)} {
			if got := newScheduler(t, name, g).Pick(clientKey(1), -1); got != -1 {
				t.Errorf("%s over %d members of weight 0: got %d, want -1", name, len(g.Members), got)
			}
		}
	}
}

func TestPickDoesNotAllocate(t *testing.T) {
	for _, name := range schedulers {
		g := newGroup(5, 0, 100, 7)
		s := newScheduler(t, name, g)
		k := clientKey(1)
		if n := testing.AllocsPerRun(100, func() { s.Pick(k, -1) }); n != 0 {
			t.Errorf("%s: %v allocations a pick, want 0", name, n)
		}
		g.Members[2].SetHealth(Unhealthy)
		if n := testing.AllocsPerRun(100, func() { s.Pick(k, 0) }); n != 0 {
			t.Errorf("%s, a member down: %v allocations a pick, want 0", name, n)
		}
		rises(g.Members[0], 50)
		g.LoadFactor = 125
		if n := testing.AllocsPerRun(100, func() { s.Pick(k, -1) }); n != 0 {
			t.Errorf("%s, a member rising, load bounded: %v allocations a pick, want 0", name, n)
		}
	}
}
