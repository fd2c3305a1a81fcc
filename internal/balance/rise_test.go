package balance

import (
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// rises puts the member into the given state of its rise, in percent of the time,
// for the duration of a test.
func rises(m *Member, percent int) {
	const over = 1000 * time.Hour
	m.rise.Store(&rise{time.Now().Add(-over * time.Duration(percent) / 100), over})
}

// A share rises linearly from a tenth to all, and starts again from a tenth.
func TestRise(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(Member)
		if m.Rise(0); m.share() != fullShare {
			t.Errorf("without a time: got %d", m.share())
		}
		for range 2 {
			m.Rise(100 * time.Second)
			for second, want := range []int{0: leastShare, 9: leastShare, 25: 64, 50: 128, 75: 192, 99: 253} {
				if want == 0 {
					continue
				}
				time.Sleep(time.Duration(second)*time.Second - time.Since(m.rise.Load().since))
				if got := m.share(); got != want || m.risen() {
					t.Errorf("after %d seconds: got %d, want %d of %d", second, got, want, fullShare)
				}
			}
			time.Sleep(time.Second)
			if m.share() != fullShare || !m.risen() {
				t.Errorf("after 100 seconds: got %d, risen %t", m.share(), m.risen())
			}
		}
	})
}

// A member may rise again while a pick finds that it had risen.
func TestRiseAnew(t *testing.T) {
	m := new(Member)
	m.rise.Store(&rise{time.Now().Add(-time.Hour), time.Minute})
	old := m.rise.Load()
	m.Rise(time.Hour)
	if m.shareIn(old) != fullShare || m.risen() {
		t.Error("the end of one rise ended the next")
	}
}

// Requests are distributed by weight times share.
func TestRisingMembersGetTheirShare(t *testing.T) {
	for _, tt := range []struct {
		weights, percent, want []int
	}{
		{[]int{10, 10, 10}, []int{100, 100, 50}, []int{2, 2, 1}},
		{[]int{10, 10, 10}, []int{100, 50, 25}, []int{4, 2, 1}},
		{[]int{100, 50}, []int{25, 100}, []int{1, 2}},
		{[]int{10, 10, 10}, []int{30, 30, 30}, []int{1, 1, 1}},
		{[]int{10, 10, 10}, []int{80, 40, 40}, []int{2, 1, 1}},
		{[]int{20, 10}, []int{50, 50}, []int{2, 1}},
		{[]int{10, 10}, []int{100, 0}, []int{fullShare, leastShare}},
		{[]int{10}, []int{0}, []int{1}},
	} {
		for _, name := range []string{"wrr", "wlc"} {
			g := newGroup(tt.weights...)
			for i, percent := range tt.percent {
				rises(g.Members[i], percent)
			}
			s := newScheduler(t, name, g)
			const n = 20000
			got := make([]int, len(tt.weights))
			for k := range n {
				i := s.Pick(clientKey(k), -1)
				got[i]++
				g.Members[i].Active.Add(1)
			}
			t.Run(name, func(t *testing.T) { near(t, got, tt.want, n, 0.02) })
		}
	}
}

// A member has the part of its keys that it has risen to; the rest is with more
// advanced members.
func TestRisingMembersGetTheirShareOfKeys(t *testing.T) {
	for _, tt := range []struct{ percent, want []int }{
		{[]int{100, 100, 50}, []int{5, 5, 2}},
		{[]int{100, 50, 25}, []int{17, 5, 2}}, // a quarter of the keys goes to any of them, a quarter to the first two, half to the first
		{[]int{80, 40, 40}, []int{4, 1, 1}},
		{[]int{30, 30, 30}, []int{1, 1, 1}},
	} {
		g := newGroup(10, 10, 10)
		for i, percent := range tt.percent {
			rises(g.Members[i], percent)
		}
		const n = 20000
		got, _ := spread(newScheduler(t, "sch", g), 3, n, -1)
		near(t, got, tt.want, n, 0.02)
	}
}

// While a member rises, each key moves at most once: from the member that
// replaced it to its own.
func TestRisingMemberGetsItsKeysOneByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := newGroup(rapid.SliceOfN(rapid.IntRange(1, 100), 2, 10).Draw(t, "weights")...)
		back := rapid.IntRange(0, len(g.Members)-1).Draw(t, "back")
		s, err := New("sch", g, seed)
		if err != nil {
			t.Fatal(err)
		}
		const keys = 500
		picks := func() (all [keys]int) {
			for k := range all {
				all[k] = s.Pick(clientKey(k), -1)
			}
			return all
		}
		home := picks()
		g.Members[back].SetHealth(Unhealthy)
		at := picks()
		g.Members[back].SetHealth(Healthy)
		for _, percent := range []int{0, 20, 40, 60, 80, 99, 100} {
			rises(g.Members[back], percent)
			next := picks()
			for k := range next {
				if next[k] != at[k] && next[k] != home[k] {
					t.Fatalf("at %d%% a key went from %d to %d, though it is %d's", percent, at[k], next[k], home[k])
				}
				if at[k] == home[k] && next[k] != home[k] {
					t.Fatalf("at %d%% a key left its member", percent)
				}
			}
			at = next
		}
		if at != home {
			t.Fatal("some keys did not come home")
		}
	})
}
