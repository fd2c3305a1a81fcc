package overload

import "sync/atomic"

// A RetryBudget allows percent retries for a hundred exchanges, and a burst.
type RetryBudget struct {
	percent int64        // 0: none but the burst
	burst   int64        // 0: none at all
	spent   atomic.Int64 // in hundredths of a retry
}

// Open is for a new one.
func (b *RetryBudget) Open(percent, burst int) { b.percent, b.burst = int64(percent), int64(burst) }

// Take spends on one retry, if there is enough left. Racing takers may exceed
// the burst by one retry each, which does no harm.
func (b *RetryBudget) Take() bool {
	if b.spent.Load() > (b.burst-1)*100 {
		return false
	}
	b.spent.Add(100)
	return true
}

// GiveBack undoes a take that came to nothing.
func (b *RetryBudget) GiveBack() { b.spent.Add(-100) }

// Earn is called for every exchange. As a rule nothing is spent and it only
// reads.
func (b *RetryBudget) Earn() {
	if b.spent.Load() > 0 {
		b.spent.Add(-b.percent)
	}
}

// Used is what is spent and not earned back, in hundredths of a retry.
func (b *RetryBudget) Used() int64 { return b.spent.Load() }
