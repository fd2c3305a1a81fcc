package stream

import (
	"errors"
	"net/netip"
	"sync"
	"time"

	"elbow/internal/balance"
	"elbow/internal/socket"
)

var errOverflow = errors.New("too many connections")

// choose picks the backend of a connection from client, and its index in cfg: the
// backend remembered for the client, else the scheduler's pick. avoid is the
// index of a backend that has just failed, or -1. It counts the connection in the
// member's Active. The index is negative if there is no backend; full says that
// there are usable ones, all at their limit of connections.
func (l *Listener) choose(cfg *Config, client netip.Addr, avoid int) (b *Backend, index int, full bool) {
	if cfg.Persistence > 0 && avoid < 0 {
		if i := l.memory.recall(cfg, client); i >= 0 {
			if b := cfg.Backends[i]; l.take(b) {
				return b, i, false
			}
		}
	}
	if cfg.Scheduler == nil {
		return nil, -1, false
	}
	key := balance.Key{ClientIP: client.As16()}
	for range maxAttempts {
		i := cfg.Scheduler.Pick(key, avoid)
		if i < 0 {
			return nil, -1, full
		}
		if b := cfg.Backends[i]; l.take(b) {
			return b, i, false
		}
		avoid, full = i, true
	}
	return nil, -1, full
}

// take counts a connection to b, unless b is at its limit.
func (l *Listener) take(b *Backend) bool {
	if b.Member.Active.Add(1) > l.streams.maxBack {
		b.Member.Active.Add(-1)
		return false
	}
	return true
}

// A memory maps client addresses to backends.
type memory struct {
	mu   sync.Mutex
	seen map[netip.Addr]remembered // guarded by mu
}

type remembered struct {
	backend *Backend
	until   socket.Instant
}

// recall returns the index in cfg of the backend remembered for a client, -1 if
// there is none or it is down. A backend of weight 0 keeps its clients.
func (m *memory) recall(cfg *Config, client netip.Addr) int {
	m.mu.Lock()
	r, found := m.seen[client]
	m.mu.Unlock()
	if !found || r.until < socket.Now() || r.backend.Member.Health() == balance.Unhealthy {
		return -1
	}
	for i, b := range cfg.Backends {
		if b == r.backend {
			return i
		}
	}
	return -1
}

// remember records that a connection of a client to a backend begins now.
func (m *memory) remember(client netip.Addr, b *Backend, now socket.Instant, d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.seen == nil {
		m.seen = make(map[netip.Addr]remembered)
	}
	if _, there := m.seen[client]; !there && len(m.seen) >= maxRemembered {
		m.forget(now)
	}
	m.seen[client] = remembered{b, now.Add(d)}
}

// forget makes room: it looks at a few entries, which come in no order, and
// removes the expired ones, or the last of them if none has expired. Called with
// mu locked.
func (m *memory) forget(now socket.Instant) {
	const look = 64
	looked, removed := 0, 0
	for client, r := range m.seen {
		if looked++; r.until < now || looked == look && removed == 0 {
			delete(m.seen, client)
			removed++
		}
		if looked == look {
			return
		}
	}
}
