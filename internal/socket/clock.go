package socket

import "time"

// An Instant is monotonic time in nanoseconds since the process started.
// Deadlines and durations of the hot path use it: reading it takes half the time
// of time.Now, comparing it is one instruction. 0 means none.
type Instant int64

var epoch = time.Now()

// Now returns the current instant. It is never 0.
func Now() Instant { return Instant(time.Since(epoch)) | 1 }

// Add returns the instant d after t.
func (t Instant) Add(d time.Duration) Instant { return t + Instant(d) }

// Sub returns the time from u to t.
func (t Instant) Sub(u Instant) time.Duration { return time.Duration(t - u) }

// Time returns t as a time.Time.
func (t Instant) Time() time.Time { return epoch.Add(time.Duration(t)) }
