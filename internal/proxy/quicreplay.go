package proxy

import (
	"hash/maphash"
	"sync"
	"time"
)

// A replayGuard lets each session ticket open 0-RTT only once (RFC 8446, 8.1). An
// attacker who has captured a client's packets can replay them, with the same ticket:
// the replay gets a handshake without 0-RTT, which takes a round trip that the
// attacker cannot complete. A client that uses a ticket twice also gets one, and sends
// its requests again.
//
// Tickets are valid for days, and the memory for them is bounded: when replayRoom is
// reached, the oldest records are dropped, and tickets made before then open no 0-RTT
// any more. Tickets used with an earlier process or another node are not known here.
type replayGuard struct {
	seed maphash.Seed

	mu     sync.Mutex
	used   map[uint64]struct{} // guarded by mu
	before map[uint64]struct{} // guarded by mu; the previous value of used
	turned time.Time           // guarded by mu; when used was started
	known  time.Time           // guarded by mu; use of tickets made since is recorded
}

// replayRoom is the number of tickets that each of two maps holds: 100 a second for at least
// three quarters of an hour. Full ones take some 20 MB.
const replayRoom = 1 << 18

// open initializes the guard.
func (g *replayGuard) open() {
	g.seed = maphash.MakeSeed()
	g.used = make(map[uint64]struct{})
}

// first reports whether a ticket, made at that time, has certainly not been used
// before. Different tickets with the same hash, one in 2^45, are refused, which does
// no harm.
func (g *replayGuard) first(ticket []byte, made, now time.Time) bool {
	h := maphash.Bytes(g.seed, ticket)
	g.mu.Lock()
	defer g.mu.Unlock()
	_, used := g.used[h]
	_, before := g.before[h]
	if used || before || made.Before(g.known) {
		return false
	}
	if len(g.used) >= replayRoom {
		g.before, g.used = g.used, make(map[uint64]struct{})
		g.known, g.turned = g.turned, now
	}
	g.used[h] = struct{}{}
	return true
}
