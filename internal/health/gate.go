package health

import (
	"container/list"
	"context"
	"sync"
)

// A Gate bounds how many probes are under way at once, of all checkers that have it.
// Each takes a file descriptor for as long as its backend takes to answer, or all of
// its Timeout: 20,000 backends that begin to be probed at the same moment would take
// as many.
//
// There is a bound for each lane, so that backends which do not answer hold up
// nobody but each other: those that are up, those that are probed for the first
// time, and all others.
type Gate struct {
	limit int

	mu    sync.Mutex
	lanes [lanes]lane // guarded by mu
}

// A lane is the probes of one kind of backend.
type lane struct {
	inside  int
	waiting list.List // of turn, who has waited longest first
}

const (
	ofUp = iota
	ofFirst
	ofOthers
	lanes // how many there are
)

// A turn is a checker that waits for its probe.
type turn struct {
	checker *Checker
	ctx     context.Context
}

// NewGate returns a Gate that lets limit probes of each kind be under way.
func NewGate(limit int) *Gate { return &Gate{limit: max(limit, 1)} }

// enter reports whether c may probe now. If not, leave calls its probe when it may,
// unless ctx has ended: then over tells that there will be no probe. A nil Gate lets
// everybody in.
func (g *Gate) enter(ctx context.Context, c *Checker, n int) (in, over bool) {
	if g == nil {
		return true, false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	l := &g.lanes[n]
	switch {
	case ctx.Err() != nil:
		return false, true
	case l.inside < g.limit:
		l.inside++
		return true, false
	}
	c.place, c.in = l.waiting.PushBack(turn{c, ctx}), l
	return false, false
}

// leave gives the place of a probe to who has waited longest.
func (g *Gate) leave(n int) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	l := &g.lanes[n]
	first := l.waiting.Front()
	if first == nil {
		l.inside--
		return
	}
	next := l.waiting.Remove(first).(turn)
	next.checker.place = nil
	go next.checker.once(next.ctx, n) // ends with the probe, for which Stop waits
}

// withdraw takes c out of the queue and reports whether it was there.
func (g *Gate) withdraw(c *Checker) bool {
	if g == nil {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if c.place == nil {
		return false
	}
	c.in.waiting.Remove(c.place)
	c.place = nil
	return true
}
