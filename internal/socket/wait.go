package socket

import (
	"sync"
	"time"
)

// A Waiter lets one goroutine wait for a change made under a mutex. It is a
// sync.Cond with a timeout.
type Waiter struct {
	wake  chan struct{} // something has changed; capacity 1
	timer *time.Timer   // nil until first used
}

// NewWaiter returns a Waiter without a signal.
func NewWaiter() Waiter { return Waiter{wake: make(chan struct{}, 1)} }

// Signal wakes the goroutine that waits now, or the next one.
func (w *Waiter) Signal() {
	select {
	case w.wake <- struct{}{}:
	default: // already signalled
	}
}

// Wait waits for a signal, for at most d, with mu unlocked meanwhile. It reports
// whether there was one, which may be for a change that is known already.
func (w *Waiter) Wait(mu *sync.Mutex, d time.Duration) bool {
	mu.Unlock()
	defer mu.Lock()
	if w.timer == nil {
		w.timer = time.NewTimer(d)
	} else {
		w.timer.Reset(d)
	}
	defer w.timer.Stop()
	select {
	case <-w.wake:
		return true
	case <-w.timer.C:
		return false
	}
}
