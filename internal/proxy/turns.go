package proxy

import (
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
)

// turns are the handshakes of a QUIC port that are being computed, no more than
// a gate lets in. Nobody tells when one has been computed; but what has been
// computed is sent, so the next packet to the client is the end of its turn. Should
// it be one for another connection from the same address, the turn ends early,
// which only means that one more is computed at a time.
type turns struct {
	inside atomic.Int32 // the number of begun, for who writes

	mu    sync.Mutex
	begun []*turn // guarded by mu
}

// A turn is that of one handshake.
type turn struct {
	client netip.AddrPort
	of     *turns
	inside *gate // while it is one of of.begun
	over   bool  // the connection has ended; guarded by of.mu
}

// open is for the handshake of a new connection of the client.
func (t *turn) open(of *turns, client netip.AddrPort) { t.of, t.client = of, client }

// ended reports whether the connection has ended.
func (t *turn) ended() bool {
	t.of.mu.Lock()
	defer t.of.mu.Unlock()
	return t.over
}

// begins notes that the handshake is inside of the gate, unless its connection has
// ended.
func (t *turn) begins(g *gate) bool {
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

// end is for a connection that has ended, with or without a turn.
func (t *turn) end() {
	t.of.mu.Lock()
	defer t.of.mu.Unlock()
	t.over = true
	t.of.leave(slices.Index(t.of.begun, t))
}

// any reports whether there are turns to end.
func (t *turns) any() bool { return t.inside.Load() > 0 }

// wrote ends the turn of a client that something is sent to.
func (t *turns) wrote(to netip.AddrPort) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.leave(slices.IndexFunc(t.begun, func(b *turn) bool { return b.client == to }))
}

// leave ends the turn of begun[i], if i is not negative. Called with mu locked.
func (t *turns) leave(i int) {
	if i < 0 {
		return
	}
	g := t.begun[i].inside
	t.begun = slices.Delete(t.begun, i, i+1)
	t.inside.Add(-1)
	g.leave()
}
