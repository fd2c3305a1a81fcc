package proxy

import "sync/atomic"

// A retryBudget allows percent retries for a hundred exchanges, and a burst.
type retryBudget struct {
	percent int64        // 0: none but the burst
	burst   int64        // 0: none at all
	spent   atomic.Int64 // in hundredths of a retry
}

// open is for a new one.
func (b *retryBudget) open(percent, burst int) { b.percent, b.burst = int64(percent), int64(burst) }

// take spends on one retry, if there is enough left. Racing takers may exceed
// the burst by one retry each, which does no harm.
func (b *retryBudget) take() bool {
	if b.spent.Load() > (b.burst-1)*100 {
		return false
	}
	b.spent.Add(100)
	return true
}

// giveBack undoes a take that came to nothing.
func (b *retryBudget) giveBack() { b.spent.Add(-100) }

// earn is called for every exchange. As a rule nothing is spent and it only
// reads.
func (b *retryBudget) earn() {
	if b.spent.Load() > 0 {
		b.spent.Add(-b.percent)
	}
}

// used is what is spent and not earned back, in hundredths of a retry.
func (b *retryBudget) used() int64 { return b.spent.Load() }
