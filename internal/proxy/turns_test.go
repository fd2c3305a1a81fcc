package proxy

import (
	"net/netip"
	"testing"

	"elbow/internal/leak"
)

// A turn ends once, whatever comes first, and there is none for a connection that
// has ended.
func TestTurns(t *testing.T) {
	leak.Check(t)
	g := newGate(2, 0)
	q := new(turns)
	start := func(address string) *turn {
		s := new(turn)
		s.open(q, netip.MustParseAddrPort(address))
		return s
	}
	a, b, gone := start("192.0.2.1:1"), start("192.0.2.2:1"), start("192.0.2.3:1")
	for _, s := range []*turn{a, b} {
		if !g.enter() || !s.begins(g) {
			t.Fatalf("no turn for %v", s.client)
		}
	}
	if gone.end(); !gone.ended() || gone.begins(g) {
		t.Error("a turn for a connection that has ended")
	}
	for _, step := range []struct {
		do     func()
		inside int64
	}{
		{func() { q.wrote(gone.client) }, 2},
		{func() { q.wrote(a.client) }, 1},
		{func() { q.wrote(a.client) }, 1},
		{func() { a.end() }, 1},
		{func() { b.end() }, 0},
		{func() { q.wrote(b.client) }, 0},
	} {
		step.do()
		if n, m := g.inside.Load(), int64(q.inside.Load()); n != step.inside || m != step.inside {
			t.Errorf("%d are inside, %d have a turn, want %d", n, m, step.inside)
		}
	}
}
