package proxy

import (
	"hash/maphash"
	"sync"
	"time"
)

// A replayGuard lets each session ticket open 0-RTT once (RFC 8446, 8.1). Who has
// copied what a client sent can send it again, and the copy has the same ticket: it
// gets a handshake without 0-RTT, which takes a round trip that it cannot answer. So
// does a client that uses a ticket twice; it sends its requests again.
//
// Tickets last for days, and what is remembered of them is bounded: when there are
// replayRoom, those remembered longest are forgotten, and tickets made before then
// open no 0-RTT any more. What an earlier process has seen, or another node, this one
// does not know.
type replayGuard struct {
	seed maphash.Seed

	mu     sync.Mutex
	used   map[uint64]struct{} // guarded by mu
	before map[uint64]struct{} // guarded by mu; those before used
	turned time.Time           // guarded by mu; when used was begun
	known  time.Time           // guarded by mu; all that were made since then are remembered, if they were used
}

// replayRoom is how many tickets are remembered in each of two maps: 100 a second for
// three quarters of an hour at least. Full ones take some 20 MB.
const replayRoom = 1 << 18

// open is for a new one.
func (g *replayGuard) open() {
	g.seed = maphash.MakeSeed()
	g.used = make(map[uint64]struct{})
}

// first reports whether a ticket, made at that time, surely comes for the first time.
// Different ones of the same hash, one in 2^45, are refused, which does no harm.
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
