package proxy

import (
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
)

// quicTurns are the handshakes of a port that are being computed, no more than
// the gate lets in. Nobody tells when one has been computed; but what has been
// computed is sent, so the next packet to the client is the end of its turn. Should
// it be one for another connection from the same address, the turn ends early,
// which only means that one more is computed at a time.
type quicTurns struct {
	inside atomic.Int32 // the number of starts, for who writes

	mu     sync.Mutex
	starts []*quicStart // guarded by mu
}

// ended reports whether the connection has ended.
func (s *quicStart) ended() bool {
	t := &s.port.turns
	t.mu.Lock()
	defer t.mu.Unlock()
	return s.over
}

// begins notes that its handshake is inside of the gate, unless it has ended.
func (s *quicStart) begins(g *gate) bool {
	t := &s.port.turns
	t.mu.Lock()
	defer t.mu.Unlock()
	if s.over {
		return false
	}
	s.turn = g
	t.starts = append(t.starts, s)
	t.inside.Add(1)
	return true
}

// end is for a connection that has ended, with or without a turn.
func (t *quicTurns) end(s *quicStart) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s.over = true
	t.leave(slices.Index(t.starts, s))
}

// wrote ends the turn of a client that something is sent to.
func (t *quicTurns) wrote(to netip.AddrPort) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.leave(slices.IndexFunc(t.starts, func(s *quicStart) bool { return s.client == to }))
}

// leave ends the turn of starts[i], if i is not negative. Called with mu locked.
func (t *quicTurns) leave(i int) {
	if i < 0 {
		return
	}
	g := t.starts[i].turn
	t.starts = slices.Delete(t.starts, i, i+1)
	t.inside.Add(-1)
	g.leave()
}
