package connlimit

import (
	"container/list"
	"context"
	"net"
	"sync"
	"time"
)

// A Pace is a rate limit for untrusted clients, first come first served. A client
// whose connection is closed meanwhile leaves the queue and takes no turn:
// otherwise honest clients would wait for those that are gone, as in
// golang.org/x/time/rate (findings/rate-cancel.sh).
type Pace struct {
	every time.Duration
	burst int

	mu      sync.Mutex
	full    time.Time // guarded by mu: when burst may pass at once again
	waiters list.List // guarded by mu; of waiter
	armed   bool      // guarded by mu: a timer will call await
}

// A waiter is an entry of the queue.
type waiter struct {
	turns int
	come  chan struct{} // closed when the waiter may pass
}

// NewPace returns a Pace of perSecond, and of burst at once after a quiet time.
func NewPace(perSecond, burst int) *Pace {
	return &Pace{every: time.Second / time.Duration(perSecond), burst: burst}
}

// Wait waits for the turn of a connection. It counts as so many turns, 1 or more;
// more than burst count as burst. It returns false if the connection is closed or
// ctx ends before.
func (p *Pace) Wait(ctx context.Context, c net.Conn, turns int) bool {
	turns = min(turns, p.burst)
	var left chan struct{} // nil: only ctx ends it
	if known := find(c); known != nil {
		left = known.left
	}
	p.mu.Lock()
	if p.waiters.Len() == 0 && p.take(time.Now(), turns) == 0 {
		p.mu.Unlock()
		return ctx.Err() == nil
	}
	one := waiter{turns, make(chan struct{})}
	at := p.waiters.PushBack(one)
	if !p.armed {
		p.await(time.Now())
	}
	p.mu.Unlock()
	select {
	case <-one.come:
		return true
	case <-left:
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiters.Remove(at) // does nothing if its turn has come this moment
	return false
}

// take takes turns, or returns the time until there are as many. Called with mu
// held.
func (p *Pace) take(now time.Time, turns int) (wait time.Duration) {
	if p.full.Before(now) {
		p.full = now
	}
	if wait = p.full.Sub(now) - time.Duration(p.burst-turns)*p.every; wait > 0 {
		return wait
	}
	p.full = p.full.Add(time.Duration(turns) * p.every)
	return 0
}

// await schedules letting the waiters pass; the last of these calls ends with the
// last waiter. Called with mu held.
func (p *Pace) await(now time.Time) {
	for at := p.waiters.Front(); at != nil; at = p.waiters.Front() {
		one := at.Value.(waiter)
		if wait := p.take(now, one.turns); wait > 0 {
			time.AfterFunc(wait, func() {
				p.mu.Lock()
				defer p.mu.Unlock()
				p.armed = false
				p.await(time.Now())
			})
			p.armed = true
			return
		}
		p.waiters.Remove(at)
		close(one.come)
	}
}
