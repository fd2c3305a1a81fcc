package socket

import (
	"sync"
	"time"
)

// A Waiter is where one goroutine waits for what others change under a mutex.
// A sync.Cond could do it but for the timeout.
type Waiter struct {
	wake  chan struct{} // something has changed; capacity 1
	timer *time.Timer   // nil until first used
}

// NewWaiter returns a Waiter that has been told nothing.
func NewWaiter() Waiter { return Waiter{wake: make(chan struct{}, 1)} }

// Signal tells whoever waits, or will, to look.
func (w *Waiter) Signal() {
	select {
	case w.wake <- struct{}{}:
	default: // it has been told
	}
}

// Wait waits for a signal, for d at most, with mu unlocked meanwhile. It reports
// whether there was one, which may be about what is known already.
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
