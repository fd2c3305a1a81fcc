package overload

import (
	"net/netip"
	"testing"

	"elbow/internal/leak"
)

// A turn ends once, whatever ends it first, and a connection that has ended gets
// none.
func TestTurns(t *testing.T) {
	leak.Check(t)
	g := newGate(2, 0)
	q := new(Turns)
	start := func(address string) *Turn {
		s := new(Turn)
		s.Open(q, netip.MustParseAddrPort(address))
		return s
	}
	a, b, gone := start("192.0.2.1:1"), start("192.0.2.2:1"), start("192.0.2.3:1")
	for _, s := range []*Turn{a, b} {
		if !g.Enter() || !s.Begins(g) {
			t.Fatalf("no turn for %v", s.client)
		}
	}
	if gone.End(); !gone.Ended() || gone.Begins(g) {
		t.Error("a turn for a connection that has ended")
	}
	for _, step := range []struct {
		do     func()
		inside int64
	}{
		{func() { q.Wrote(gone.client) }, 2},
		{func() { q.Wrote(a.client) }, 1},
		{func() { q.Wrote(a.client) }, 1},
		{func() { a.End() }, 1},
		{func() { b.End() }, 0},
		{func() { q.Wrote(b.client) }, 0},
	} {
		step.do()
		if n, m := g.Inside.Load(), int64(q.inside.Load()); n != step.inside || m != step.inside {
			t.Errorf("%d are inside, %d have a turn, want %d", n, m, step.inside)
		}
	}
}
