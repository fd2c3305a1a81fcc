// Package overload decides what is refused when there is too much of something:
// exchanges with a backend, TLS handshakes, memory, file descriptors, retries.
package overload

import (
	"container/list"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// A Gate lets a limited number be inside at a time. Who comes on top of it
// queues, first come first served, for a bounded time.
//
// A burst may wait for all of patience. Once somebody was turned away, or there
// has been a queue for as long as that, it is no burst: waiting only makes
// everybody late then, so nobody is to wait for more than a hurriedShare of
// patience, until for as long as patience nobody was turned away. The idea is that
// of CoDel (RFC 8289): a queue that stays is of no use to anybody.
//
// Who would have to wait for longer is turned away at once, by the pace at which the
// queue moves, rather than after it has waited in vain. At three times as many
// handshakes over QUIC as can be done, half of the clients had, each with a connection
// built up for it, and goodput was 0.8 of the peak; it is 0.9.
type Gate struct {
	Limit    int64         // how many may be inside
	Room     int           // how many may wait
	Patience time.Duration // longest wait
	Inside   *atomic.Int64 // who is inside, and who waits or is about to

	mu      sync.Mutex
	queue   list.List // guarded by mu; of waiter, who has waited longest first
	since   time.Time // guarded by mu; since when there has been a queue, if there is one
	refused time.Time // guarded by mu; when somebody was turned away last
	pace    pace      // guarded by mu; of the queue that there is
	coming  int       // guarded by mu; whom WouldRefuse has let pass lately, and who have not come yet
	looked  time.Time // guarded by mu; since when they are counted
}

// hurriedShare of patience, one part in that many, is the longest wait that anybody
// is let in for when there is no burst but too much: 50 ms of a second.
const hurriedShare = 20

// A waiter is one in the queue of a Gate. It is closed when the place is there.
type waiter chan struct{}

// Why a Gate turns away.
var (
	ErrQueueFull = errors.New("too many are waiting already")
	ErrLongWait  = errors.New("the wait is too long")
	ErrGone      = errors.New("client left")
)

// lookEvery is how often it is looked whether one who waits is still there.
const lookEvery = time.Second

// Enter reports whether there was a place. If not, Wait comes next, unless the
// caller goes elsewhere. However it ends, Leave is due.
func (g *Gate) Enter() bool { return g.Inside.Add(1) <= g.Limit }

// Leave gives the place up, or the wish for one.
func (g *Gate) Leave() {
	if g.Inside.Add(-1) >= g.Limit { // somebody may wait
		g.mu.Lock()
		g.letIn()
		g.mu.Unlock()
	}
}

// Free reports whether enter would find a place.
func (g *Gate) Free() bool { return g.Inside.Load() < g.Limit }

// Wait returns nil when a place has become free, or why there will be none. It
// asks left now and then whether the one who waits is still there.
func (g *Gate) Wait(left func() bool) error {
	w, due, err := g.line()
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
			return nil // the place came at the same moment
		}
		if late {
			return ErrLongWait
		}
		return ErrGone
	}
}

// line queues up, if it makes sense. due is when to give up.
func (g *Gate) line() (w *list.Element, due time.Time, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.Inside.Load()-int64(g.queue.Len()) <= g.Limit {
		return nil, due, nil // somebody has left meanwhile
	}
	now := time.Now()
	g.coming = max(0, g.coming-1) // if it was asked for
	patience, err := g.crowded(now, g.queue.Len())
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

// WouldRefuse reports whether one who came now would be turned away. If not, coming tells
// how many will be on their way, and are counted for a moment: a client that says
// nothing never comes.
func (g *Gate) WouldRefuse(coming int) bool {
	now := time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	if now.Sub(g.looked) >= g.Patience/hurriedShare {
		g.looked, g.coming = now, 0
	}
	if !g.Free() {
		if _, err := g.crowded(now, g.queue.Len()+g.coming); err != nil {
			g.refused = now
			return true
		}
	}
	g.coming += coming
	return false
}

// Pressed reports whether it is no burst: somebody was turned away lately.
func (g *Gate) Pressed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.pressedAt(time.Now())
}

// pressedAt is Pressed at the given time. Called with mu locked.
func (g *Gate) pressedAt(now time.Time) bool { return now.Sub(g.refused) < g.Patience }

// crowded returns how long one may wait who comes now, behind so many others, or
// why it may not. Called with mu locked.
func (g *Gate) crowded(now time.Time, ahead int) (patience time.Duration, err error) {
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
	return min(2*patience, g.Patience), nil // it was a guess
}

// letIn gives places that are free to who has waited longest. Called with mu
// locked.
func (g *Gate) letIn() {
	for g.queue.Len() > 0 && g.Inside.Load()-int64(g.queue.Len()) < g.Limit {
		close(g.queue.Remove(g.queue.Front()).(waiter))
		g.pace.step(time.Now(), g.Patience/hurriedShare)
	}
}

// giveUp takes w out of the queue, and reports whether it was still there. inVain
// tells that its time is over, not its wish.
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
	// The one who gives up counts until it leaves, as one about to queue: nobody
	// is let in for it.
	return true
}

// Waiting returns how many are in the queue.
func (g *Gate) Waiting() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.queue.Len()
}
