package balance

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

var hashing = []string{"sch", "qch", "iqch"}

// owners returns the id that each of n clients is sent to.
func owners(s Scheduler, g *Group, n int) []string {
	ids := make([]string, n)
	for k := range n {
		if i := s.Pick(clientKey(k), -1); i >= 0 {
			ids[k] = g.Members[i].ID
		}
	}
	return ids
}

func TestRingSharesFollowWeights(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		g := newGroup(rapid.SliceOfN(rapid.IntRange(1, 100), 1, 40).Draw(rt, "weights")...)
		got := make([]int, len(g.Members))
		for _, i := range newRing(g, newSipKey(seed, "")) {
			got[i]++
		}
		near(t, got, g.Weights, ringSize, 0.001)
	})
}

// Every node computes the same table, in whatever order it learnt of the members.
func TestRingDoesNotDependOnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := newGroup(rapid.SliceOfN(rapid.IntRange(0, 100), 1, 20).Draw(t, "weights")...)
		name := rapid.SampledFrom(hashing).Draw(t, "scheduler")
		other := &Group{}
		order := rapid.Permutation(slices.Collect(indexes(g))).Draw(t, "order")
		for _, i := range order {
			other.Members = append(other.Members, g.Members[i])
			other.Weights = append(other.Weights, g.Weights[i])
		}
		a, errA := New(name, g, seed)
		b, errB := New(name, other, seed)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if !slices.Equal(owners(a, g, 300), owners(b, other, 300)) {
			t.Fatalf("order %v: the two groups disagree", order)
		}
	})
}

func indexes(g *Group) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := range g.Members {
			if !yield(i) {
				return
			}
		}
	}
}

// A member that is down or to be avoided loses its keys, to all others by weight;
// no other keys move, and they return with it.
func TestHashedMovesOnlyKeysOfTheDead(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		g := newGroup(rapid.SliceOfN(rapid.IntRange(1, 100), 2, 10).Draw(rt, "weights")...)
		name := rapid.SampledFrom(hashing).Draw(rt, "scheduler")
		dead := rapid.IntRange(0, len(g.Members)-1).Draw(rt, "dead")
		s, err := New(name, g, seed)
		if err != nil {
			rt.Fatal(err)
		}
		before := owners(s, g, 500)
		avoided := make([]string, len(before))
		for k := range before {
			avoided[k] = g.Members[s.Pick(clientKey(k), dead)].ID
		}
		g.Members[dead].SetHealth(Unhealthy)
		during := owners(s, g, 500)
		g.Members[dead].SetHealth(Healthy)
		if after := owners(s, g, 500); !slices.Equal(before, after) {
			rt.Fatal("keys did not come back with the member")
		}
		if !slices.Equal(during, avoided) {
			rt.Fatal("avoiding a member and losing it give different answers")
		}
		for k := range before {
			switch id := g.Members[dead].ID; {
			case before[k] != id && during[k] != before[k]:
				rt.Fatalf("key %d moved from %s to %s though %s was down", k, before[k], during[k], id)
			case during[k] == id:
				rt.Fatalf("key %d still goes to %s", k, id)
			}
		}
	})
}

func TestHashedSharesOutTheKeysOfTheDead(t *testing.T) {
	g := newGroup(100, 100, 50, 50)
	s := newScheduler(t, "sch", g)
	g.Members[0].SetHealth(Unhealthy)
	const n = 40000
	got, _ := spread(s, 4, n, -1)
	near(t, got, []int{0, 100, 50, 50}, n, 0.015)
}

// A member removed from the configuration moves its own slots and few others:
// over many random groups of up to 200 members it was never more than 2.2 % of
// the table.
func TestRingDisruption(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := newGroup(rapid.SliceOfN(rapid.IntRange(1, 100), 2, 50).Draw(t, "weights")...)
		gone := rapid.IntRange(0, len(g.Members)-1).Draw(t, "gone")
		rest := &Group{
			Members: slices.Delete(slices.Clone(g.Members), gone, gone+1),
			Weights: slices.Delete(slices.Clone(g.Weights), gone, gone+1),
		}
		key := newSipKey(seed, "")
		before, after := newRing(g, key), newRing(rest, key)
		moved := 0
		for slot := range before {
			if int(before[slot]) != gone && g.Members[before[slot]] != rest.Members[after[slot]] {
				moved++
			}
		}
		if limit := ringSize * 25 / 1000; moved > limit {
			t.Fatalf("%d slots moved beside those of the member that left, want at most %d", moved, limit)
		}
	})
}

// Each listener has its own seed: the same clients are distributed differently.
func TestSeedsGiveDifferentTables(t *testing.T) {
	g := newGroup(1, 1, 1, 1)
	other, err := New("sch", g, append([]byte("x"), seed[1:]...))
	if err != nil {
		t.Fatal(err)
	}
	same := 0
	a, b := owners(newScheduler(t, "sch", g), g, 4000), owners(other, g, 4000)
	for k := range a {
		if a[k] == b[k] {
			same++
		}
	}
	if same < 800 || same > 1200 {
		t.Errorf("%d of 4000 clients agree under two seeds, want about a quarter", same)
	}
}

func TestKeyParts(t *testing.T) {
	ip := Key{ClientIP: [16]byte{10: 0xff, 11: 0xff, 12: 192, 14: 2, 15: 1}}
	id := func(b ...byte) *Key { return &Key{ip.ClientIP, b} }
	for _, tt := range []struct {
		name string
		part keyPart
		key  *Key
		want []byte
	}{
		{"sch takes the address", clientIP, id(1, 2, 3, 4, 5, 6, 7, 8), ip.ClientIP[:]},
		{"qch takes the whole id", quicID, id(1, 2, 3, 4, 5), []byte{1, 2, 3, 4, 5}},
		{"qch takes a short id", quicID, id(9), []byte{9}},
		{"qch without QUIC", quicID, &ip, ip.ClientIP[:]},
		{"qch with an empty id", quicID, id(), ip.ClientIP[:]},
		{"iqch takes bytes 2 to 4", quicServerID, id(1, 2, 3, 4, 5), []byte{2, 3, 4}},
		{"iqch with just enough", quicServerID, id(1, 2, 3, 4), []byte{2, 3, 4}},
		{"iqch with too short an id", quicServerID, id(1, 2, 3), ip.ClientIP[:]},
		{"iqch without QUIC", quicServerID, &ip, ip.ClientIP[:]},
	} {
		if got := tt.part.of(tt.key); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %x, want %x", tt.name, got, tt.want)
		}
	}
}

// Requests that came over TCP go where sch would send them, whichever hash the
// listener uses.
func TestHashedWithoutQUIC(t *testing.T) {
	g := newGroup(1, 2, 3)
	sch := newScheduler(t, "sch", g)
	for _, name := range []string{"qch", "iqch"} {
		s := newScheduler(t, name, g)
		for n := range 200 {
			k := clientKey(n)
			k.QUICID = nil
			if got, want := s.Pick(k, -1), sch.Pick(k, -1); got != want {
				t.Fatalf("%s, client %d: got %d, want %d", name, n, got, want)
			}
		}
	}
}
