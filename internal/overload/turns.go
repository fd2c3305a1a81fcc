package overload

import (
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
)

// Turns are the handshakes of a QUIC port that are being computed, no more than a
// gate lets in. quic-go does not report when a handshake has been computed; but
// the result is sent, so the next packet to the client ends its turn. If that
// packet is for another connection from the same address, the turn ends early,
// which only means that one more handshake is computed at a time.
type Turns struct {
	inside atomic.Int32 // length of begun, for the writer

	mu    sync.Mutex
	begun []*Turn // guarded by mu
}

// A Turn is the place of one handshake in a Gate.
type Turn struct {
	client netip.AddrPort
	of     *Turns
	inside *Gate // set while the turn is in of.begun
	over   bool  // the connection has ended; guarded by of.mu
}

// Open initializes t for the handshake of a new connection of the client.
func (t *Turn) Open(of *Turns, client netip.AddrPort) { t.of, t.client = of, client }

// Ended reports whether the connection has ended.
func (t *Turn) Ended() bool {
	t.of.mu.Lock()
	defer t.of.mu.Unlock()
	return t.over
}

// Begins records that the handshake has entered the gate, unless its connection
// has ended.
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

// End is called when a connection has ended, with or without a turn.
func (t *Turn) End() {
	t.of.mu.Lock()
	defer t.of.mu.Unlock()
	t.over = true
	t.of.leave(slices.Index(t.of.begun, t))
}

// Any reports whether there are turns to end.
func (t *Turns) Any() bool { return t.inside.Load() > 0 }

// Wrote ends the turn of a client that a packet is sent to.
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
