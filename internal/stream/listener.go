package stream

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"
)

// A Listener serves one address and port with one Config at a time. The socket
// stays open when the Config changes.
type Listener struct {
	streams *Streams
	address netip.AddrPort
	socket  listenSocket
	config  atomic.Pointer[Config]
	counts  Counts
	memory  memory
	here    atomic.Int64 // open connections

	closing sync.Once
	running sync.WaitGroup // waits for the connections
}

// Listen opens addr and serves cfg on it. The error matches EADDRINUSE if the
// address is in use and EADDRNOTAVAIL if no interface has it.
func (s *Streams) Listen(addr netip.AddrPort, cfg *Config, counts Counts) (*Listener, error) {
	l := &Listener{streams: s, address: addr, counts: counts}
	l.config.Store(cfg)
	if err := s.files.Claim(1, 0); err != nil {
		return nil, err
	}
	if err := l.socket.open(s, addr); err != nil {
		s.files.Release(1, 0)
		return nil, err
	}
	s.mu.Lock()
	s.open[l] = struct{}{}
	s.mu.Unlock()
	l.address = l.socket.Address()
	s.engine.accept(l)
	return l, nil
}

// Swap makes cfg apply to new connections. Open connections keep their backends;
// their idle timeout is that of cfg.
func (l *Listener) Swap(cfg *Config) { l.config.Store(cfg) }

// Addr returns the address that the listener is bound to.
func (l *Listener) Addr() netip.AddrPort { return l.address }

// Close stops accepting. When it returns, address and port are free for another
// listener. Open connections continue; Drain waits for them.
func (l *Listener) Close() {
	l.closing.Do(func() {
		s := l.streams
		s.mu.Lock()
		delete(s.open, l)
		s.mu.Unlock()
		s.engine.refuse(l) // after it returns nothing is accepted
		l.socket.Close()
		s.files.Release(1, 0)
	})
}

// Yield stops accepting connections of l, because another process has the socket
// now.
func (l *Listener) Yield() { l.Close() }

// Drain closes the listener and returns when the last connection has ended. When
// ctx ends first, it resets the remaining connections and returns the error of
// ctx.
func (l *Listener) Drain(ctx context.Context) error {
	l.Close()
	ended := make(chan struct{})
	go func() { // ends with the last connection, which the cut below ensures
		l.running.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
	}
	cut := l.streams.engine.cut(func(of *Listener, _ *Backend) bool { return of == l }, byDrain)
	<-ended
	if cut == 0 {
		return nil // the last connection had ended
	}
	return ctx.Err()
}

// enter counts a new connection and reports whether there is room for it.
func (l *Listener) enter() bool {
	s := l.streams
	l.counts.Accepted()
	here, total := l.here.Add(1), s.conns.Add(1)
	if here > int64(s.maxHere) || total > int64(s.max) {
		l.here.Add(-1)
		s.conns.Add(-1)
		l.counts.Refused()
		s.overflow.Refuse(s.log, errOverflow, "listener", l.address)
		return false
	}
	l.counts.Opened(1)
	l.running.Add(1)
	return true
}

// leave undoes enter.
func (l *Listener) leave() {
	l.here.Add(-1)
	l.streams.conns.Add(-1)
	l.counts.Opened(-1)
	l.running.Done()
}
