package reconcile

import (
	"sync/atomic"
	"time"
)

// A stallClock tells how long the loop has worked without a pause. Any goroutine may
// ask it.
type stallClock struct {
	busy atomic.Pointer[time.Time] // since when the loop works; nil: it waits
}

// begin records that the loop works, until end.
func (c *stallClock) begin() {
	now := time.Now()
	c.busy.Store(&now)
}

// end records that the loop waits.
func (c *stallClock) end() { c.busy.Store(nil) }

// stalled is how long the loop has been in one pass, if that is longer than any
// pass can take.
func (c *stallClock) stalled() time.Duration {
	if began := c.busy.Load(); began != nil && time.Since(*began) > stallTime {
		return time.Since(*began)
	}
	return 0
}
