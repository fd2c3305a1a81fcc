package overload

import (
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
)

// Turns are the handshakes of a QUIC port that are being computed, no more than
// a gate lets in. Nobody tells when one has been computed; but what has been
// computed is sent, so the next packet to the client is the end of its turn. Should
// it be one for another connection from the same address, the turn ends early,
// which only means that one more is computed at a time.
type Turns struct {
	inside atomic.Int32 // the number of begun, for who writes

	mu    sync.Mutex
	begun []*Turn // guarded by mu
}

// A Turn is that of one handshake.
type Turn struct {
	client netip.AddrPort
	of     *Turns
	inside *Gate // while it is one of of.begun
	over   bool  // the connection has ended; guarded by of.mu
}

// Open is for the handshake of a new connection of the client.
func (t *Turn) Open(of *Turns, client netip.AddrPort) { t.of, t.client = of, client }

// Ended reports whether the connection has ended.
func (t *Turn) Ended() bool {
	t.of.mu.Lock()
	defer t.of.mu.Unlock()
	return t.over
}

// Begins notes that the handshake is inside of the gate, unless its connection has
// ended.
func (t *Turn) Begins(g *Gate) bool {
	t.of.mu.Lock()
	defer t.of.mu.Unlock()
	if t.over {
		return false
	}
	t.inside = g
	t.of.begun = append(t.of.begun, t)
	t.of.inside.Add(1)
	return true
}

// End is for a connection that has ended, with or without a turn.
func (t *Turn) End() {
	t.of.mu.Lock()
	defer t.of.mu.Unlock()
	t.over = true
	t.of.leave(slices.Index(t.of.begun, t))
}

// Any reports whether there are turns to end.
func (t *Turns) Any() bool { return t.inside.Load() > 0 }

// Wrote ends the turn of a client that something is sent to.
func (t *Turns) Wrote(to netip.AddrPort) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.leave(slices.IndexFunc(t.begun, func(b *Turn) bool { return b.client == to }))
}

// leave ends the turn of begun[i], if i is not negative. Called with mu locked.
func (t *Turns) leave(i int) {
	if i < 0 {
		return
	}
	g := t.begun[i].inside
	t.begun = slices.Delete(t.begun, i, i+1)
	t.inside.Add(-1)
	g.Leave()
}
