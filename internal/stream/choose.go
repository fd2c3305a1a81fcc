package stream

import (
	"errors"
	"net/netip"
	"sync"
	"time"

	"elbow/internal/balance"
	"elbow/internal/socket"
)

var errCrowded = errors.New("too many connections")

// choose picks the backend of a connection from client, and its index among those of
// cfg: the one that the client is remembered with, else the scheduler's pick. avoid is
// the index of one that has just failed, -1 if none has. It counts the connection in
// the member's Active. The index is negative if there is none; full tells that there
// are some and all of them have as many connections as they may.
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

// take counts a connection to b, unless it has as many as it may.
func (l *Listener) take(b *Backend) bool {
	if b.Member.Active.Add(1) > l.streams.maxBack {
		b.Member.Active.Add(-1)
		return false
	}
	return true
}

// A memory knows the backends of client addresses.
type memory struct {
	mu   sync.Mutex
	seen map[netip.Addr]remembered // guarded by mu
}

type remembered struct {
	backend *Backend
	until   socket.Instant
}

// recall is the index in cfg of the backend that a client is remembered with, -1 if
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

// remember notes that a connection of a client with a backend begins now.
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

// forget makes room: of a few entries, which are in no order, those that are over, or
// the first if none is. Called with mu locked.
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
