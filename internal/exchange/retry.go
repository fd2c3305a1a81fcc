package exchange

// retry decides whether the exchange is retried after f, and prepares the next
// attempt.
//
// If a pooled connection fails before a byte of the answer arrives, one attempt is
// made on a new connection to the same backend: closing idle connections is the
// backend's right, and the request may safely be sent again (Exchange.again). If a
// backend did not accept a connection, it has seen nothing of the request, so one
// attempt is made with another backend, within the listener's retry budget: when most
// backends are down, retries must not overload the rest.
func (x *Exchange) retry(f *Fault) bool {
	next, ok := x.attempt.after(f.Retry)
	if !ok || x.Answer.headSent() {
		return false
	}
	if f.Retry == Afresh {
		x.Via.part(false)
	} else if !x.assigned.move() {
		return false
	}
	x.attempt = next
	x.Record.retries++
	return true
}
