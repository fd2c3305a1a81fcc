package proxy

import "time"

// An instant is monotonic time in nanoseconds since the process started. It is
// what deadlines and durations of the hot path are kept in: reading it takes
// half the time of time.Now, comparing it is one instruction. 0 means none.
type instant int64

var epoch = time.Now()

func now() instant { return instant(time.Since(epoch)) }

func (t instant) add(d time.Duration) instant { return t + instant(d) }

func (t instant) sub(u instant) time.Duration { return time.Duration(t - u) }

// time returns t as the sockets take it.
func (t instant) time() time.Time { return epoch.Add(time.Duration(t)) }
