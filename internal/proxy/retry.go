package proxy

import "sync/atomic"

// retry decides whether the exchange is tried again after f, and prepares it.
//
// A connection from the pool that died before a byte of the answer is replaced
// by a new one to the same backend, once: closing idle connections is the
// backend's right, and the request may be sent again (exchange.again). A backend
// that took no connection has seen nothing of the request, so another one gets
// it, once, and only within the listener's budget: when most backends are gone,
// retries must not add to the load of the rest.
func (x *exchange) retry(f *Fault) bool {
	switch {
	case x.headSent:
		return false
	case f.Retry == Afresh && !x.fresh:
		x.via.part(false)
		x.fresh = true
	case f.Retry == Elsewhere && !x.moved && x.move():
		x.moved = true
	default:
		return false
	}
	x.record.retries++
	return true
}

// move chooses another member for the next attempt. If there is none, what the
// first one did to the exchange stands.
func (x *exchange) move() bool {
	budget := &x.conn.listener.budget
	if !budget.take() {
		return false
	}
	x.fresh = false
	if x.choose() != nil {
		budget.giveBack()
		return false
	}
	return true
}

// A retryBudget allows percent retries for a hundred exchanges, and a burst.
type retryBudget struct {
	percent int64        // 0: none but the burst
	burst   int64        // 0: none at all
	spent   atomic.Int64 // in hundredths of a retry
}

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
