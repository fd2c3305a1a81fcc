package exchange

// retry decides whether the exchange is tried again after f, and prepares it.
//
// A connection from the pool that died before a byte of the answer is replaced
// by a new one to the same backend, once: closing idle connections is the
// backend's right, and the request may be sent again (exchange.again). A backend
// that took no connection has seen nothing of the request, so another one gets
// it, once, and only within the listener's budget: when most backends are gone,
// retries must not add to the load of the rest.
func (x *Exchange) retry(f *Fault) bool {
	next, ok := x.attempt.after(f.Retry)
	if !ok || x.headSent() {
		return false
	}
	if f.Retry == Afresh {
		x.Via.part(false)
	} else if !x.move() {
		return false
	}
	x.attempt = next
	x.Record.retries++
	return true
}

// move chooses another member for the next attempt. If there is none, what the
// first one did to the exchange stands.
func (x *Exchange) move() bool {
	budget := &x.From.Frontend.Retries
	if !budget.Take() {
		return false
	}
	x.attempt = firstAttempt // so that choose does
	if x.choose() != nil {
		budget.GiveBack()
		return false
	}
	return true
}
