package health

import (
	"container/list"
	"context"
	"sync"
)

// A Gate bounds the probes in flight of all checkers that use it. Each takes a
// file descriptor until its backend answers, or for all of its Timeout: 20,000
// backends that begin to be probed at the same moment would take as many.
//
// Each lane has its own bound, so that backends which do not answer delay only
// each other: the lanes are backends that are up, those that are probed for the
// first time, and all others.
type Gate struct {
	limit int

	mu    sync.Mutex
	lanes [lanes]lane // guarded by mu
}

// A lane holds the probes of one kind of backend.
type lane struct {
	inside  int
	waiting list.List // of turn, the longest wait first
}

const (
	ofUp = iota
	ofFirst
	ofOthers
	lanes // the number of lanes
)

// A turn is a checker that waits for its probe.
type turn struct {
	checker *Checker
	ctx     context.Context
}

// NewGate returns a Gate that allows limit probes of each kind in flight.
func NewGate(limit int) *Gate { return &Gate{limit: max(limit, 1)} }

// enter reports whether c may probe now. If not, leave calls its probe later,
// unless ctx has ended: then over says that there will be no probe. A nil Gate
// lets all in.
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

// leave gives the place of a probe to the longest waiter.
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

// withdraw removes c from the queue and reports whether it was there.
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
