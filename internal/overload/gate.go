// Package overload decides what is refused when a resource runs out: exchanges
// with a backend, TLS handshakes, memory, file descriptors, retries. It knows neither
// listeners nor exchanges. Start reading at Gate, a semaphore with a bounded queue, then
// Budget, which accounts for memory; each other limit is a file.
package overload

import (
	"container/list"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// A Gate is a semaphore with a bounded queue. Callers over the limit wait in the
// queue, first come first served, for a bounded time.
//
// In a burst a caller may wait for all of Patience. After a caller was turned
// away, or after the queue has stood for as long as Patience, it is no burst:
// waiting would only make every request late, so the longest wait is a
// hurriedShare of Patience until nobody was turned away for as long as Patience.
// The idea is that of CoDel (RFC 8289): a standing queue is of no use.
//
// A caller that would have to wait for longer, judged by the pace of the queue,
// is turned away at once rather than after it has waited in vain. At three times
// as many QUIC handshakes as could be computed, half of the clients had waited in
// vain, each with a connection built up for it, and goodput was 0.8 of the peak;
// it is 0.9.
type Gate struct {
	Limit    int64         // callers that may be inside
	Room     int           // callers that may wait
	Patience time.Duration // longest wait; guarded by mu once the gate is used
	Inside   *atomic.Int64 // callers inside, waiting or about to wait

	mu      sync.Mutex
	queue   list.List // guarded by mu; of waiter, the longest wait first
	since   time.Time // guarded by mu; when the queue formed, if there is one
	refused time.Time // guarded by mu; when a caller was turned away last
	pace    pace      // guarded by mu; of the current queue
	coming  int       // guarded by mu; callers that WouldRefuse let pass and that have not arrived yet
	looked  time.Time // guarded by mu; start of the period in which coming counts
}

// hurriedShare: one part in that many of Patience is the longest wait outside of
// bursts: 50 ms of a second.
const hurriedShare = 20

// A waiter is an entry in the queue of a Gate. It is closed when the caller is
// let in.
type waiter chan struct{}

// The reasons why a Gate turns a caller away.
var (
	ErrQueueFull = errors.New("too many are waiting already")
	ErrLongWait  = errors.New("the wait is too long")
	ErrGone      = errors.New("client left")
)

// lookEvery is the interval at which Wait checks whether its client is still
// there.
const lookEvery = time.Second

// Enter reports whether a place was free. If not, the caller continues with Wait,
// or gives up. In every case it must call Leave.
func (g *Gate) Enter() bool { return g.Inside.Add(1) <= g.Limit }

// Leave gives up the place, or the attempt to get one.
func (g *Gate) Leave() {
	if g.Inside.Add(-1) >= g.Limit { // a caller may be waiting
		g.mu.Lock()
		g.admit()
		g.mu.Unlock()
	}
}

// Free reports whether Enter would find a place.
func (g *Gate) Free() bool { return g.Inside.Load() < g.Limit }

// Wait returns nil when a place has become free, or the reason why none will be.
// It calls left once in lookEvery to find out whether the waiting client is gone.
func (g *Gate) Wait(left func() bool) error {
	w, due, err := g.enqueue()
	if w == nil {
		return err
	}
	for {
		timer := time.NewTimer(min(time.Until(due), lookEvery))
		select {
		case <-w.Value.(waiter):
			timer.Stop()
			return nil
		case <-timer.C:
		}
		late := !time.Now().Before(due)
		if !late && !left() {
			continue
		}
		if !g.giveUp(w, late) {
			return nil // let in at the same moment
		}
		if late {
			return ErrLongWait
		}
		return ErrGone
	}
}

// enqueue appends a waiter to the queue, if it may wait. due is when to give up.
func (g *Gate) enqueue() (w *list.Element, due time.Time, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.Inside.Load()-int64(g.queue.Len()) <= g.Limit {
		return nil, due, nil // a place became free meanwhile
	}
	now := time.Now()
	g.coming = max(0, g.coming-1) // if it had asked WouldRefuse
	patience, err := g.longestWait(now, g.queue.Len())
	if err != nil {
		g.refused = now
		return nil, due, err
	}
	if g.queue.Len() == 0 {
		g.since = now
		g.pace.begin(now, g.pressedAt(now))
	}
	return g.queue.PushBack(waiter(make(chan struct{}))), now.Add(patience), nil
}

// SetPatience changes Patience while callers use the gate.
func (g *Gate) SetPatience(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.Patience = d
}

// WouldRefuse reports whether a caller that came now would be turned away. If
// not, coming callers are expected and counted for a moment, and then forgotten:
// a client that sends nothing never arrives.
func (g *Gate) WouldRefuse(coming int) bool {
	now := time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	if now.Sub(g.looked) >= g.Patience/hurriedShare {
		g.looked, g.coming = now, 0
	}
	if !g.Free() {
		if _, err := g.longestWait(now, g.queue.Len()+g.coming); err != nil {
			g.refused = now
			return true
		}
	}
	g.coming += coming
	return false
}

// Pressed reports whether a caller was turned away lately, so that this is no
// burst.
func (g *Gate) Pressed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.pressedAt(time.Now())
}

// pressedAt is Pressed at the given time. Called with mu locked.
func (g *Gate) pressedAt(now time.Time) bool { return now.Sub(g.refused) < g.Patience }

// longestWait returns how long a caller with so many others ahead of it may wait, or
// why it may not. Called with mu locked.
func (g *Gate) longestWait(now time.Time, ahead int) (patience time.Duration, err error) {
	if g.queue.Len() >= g.Room {
		return 0, ErrQueueFull
	}
	queued, pressed := g.queue.Len() > 0, g.pressedAt(now)
	patience = g.Patience
	if pressed || queued && now.Sub(g.since) >= g.Patience {
		patience /= hurriedShare
	}
	stands := queued && now.Sub(g.pace.last) >= 2*patience
	slow := (queued || pressed) && ahead > 0 && time.Duration(ahead+1)*g.pace.each > patience
	if stands || slow {
		return 0, ErrLongWait
	}
	return min(2*patience, g.Patience), nil // the pace is an estimate
}

// admit gives free places to the longest waiters. Called with mu locked.
func (g *Gate) admit() {
	for g.queue.Len() > 0 && g.Inside.Load()-int64(g.queue.Len()) < g.Limit {
		close(g.queue.Remove(g.queue.Front()).(waiter))
		g.pace.step(time.Now(), g.Patience/hurriedShare)
	}
}

// giveUp removes w from the queue, and reports whether it was still there. inVain
// says that the time is up, rather than that the client is gone.
func (g *Gate) giveUp(w *list.Element, inVain bool) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-w.Value.(waiter):
		return false
	default:
	}
	if inVain {
		g.refused = time.Now()
	}
	g.queue.Remove(w)
	// The caller counts as about to queue until it calls Leave: no waiter is let
	// in for it.
	return true
}

// Waiting returns the length of the queue.
func (g *Gate) Waiting() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.queue.Len()
}
