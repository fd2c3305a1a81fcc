package overload

import "sync/atomic"

// A RetryBudget allows percent retries per hundred exchanges, and a burst.
type RetryBudget struct {
	percent int64        // 0: only the burst
	burst   int64        // 0: no retries
	spent   atomic.Int64 // in hundredths of a retry
}

// Open initializes b.
func (b *RetryBudget) Open(percent, burst int) { b.percent, b.burst = int64(percent), int64(burst) }

// Take spends one retry, if enough is left. Concurrent callers may exceed the
// burst by one retry each, which does no harm.
func (b *RetryBudget) Take() bool {
	if b.spent.Load() > (b.burst-1)*100 {
		return false
	}
	b.spent.Add(100)
	return true
}

// GiveBack undoes a Take whose retry was not made.
func (b *RetryBudget) GiveBack() { b.spent.Add(-100) }

// Earn is called for every exchange. Usually nothing is spent, and it only reads.
func (b *RetryBudget) Earn() {
	if b.spent.Load() > 0 {
		b.spent.Add(-b.percent)
	}
}

// Used is the amount spent and not earned back, in hundredths of a retry.
func (b *RetryBudget) Used() int64 { return b.spent.Load() }
