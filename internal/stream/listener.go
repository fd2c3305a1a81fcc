package stream

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"
)

// A Listener serves one address and port with one Config at a time. The socket stays
// open whatever happens to the Config.
type Listener struct {
	streams *Streams
	address netip.AddrPort
	socket  listenSocket
	config  atomic.Pointer[Config]
	counts  Counts
	memory  memory
	here    atomic.Int64 // connections

	closing sync.Once
	running sync.WaitGroup // the connections
}

// Listen opens addr and serves cfg on it. That the address is taken, or that no
// interface has it, is told by errors.Is with EADDRINUSE and EADDRNOTAVAIL.
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
	l.address = l.socket.address()
	s.engine.accept(l)
	return l, nil
}

// Swap makes cfg what new connections follow. Those that are open go on with their
// backends; their idle timeout is that of cfg.
func (l *Listener) Swap(cfg *Config) { l.config.Store(cfg) }

// Addr returns the address that the listener is bound to.
func (l *Listener) Addr() netip.AddrPort { return l.address }

// Close stops accepting. When it returns, address and port are free for another
// listener. Open connections go on; Drain waits for them.
func (l *Listener) Close() {
	l.closing.Do(func() {
		s := l.streams
		s.mu.Lock()
		delete(s.open, l)
		s.mu.Unlock()
		s.engine.refuse(l) // nothing is accepted any more when it returns
		l.socket.close()
		s.files.Release(1, 0)
	})
}

// Yield ends the part of l in taking connections, because another process has the
// socket now.
func (l *Listener) Yield() { l.Close() }

// Drain ends the listener: it closes it, returns when the last connection has ended,
// or resets what is left when ctx ends. The error is that of ctx if a connection was
// reset.
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

// enter takes up a new connection and reports whether there is room for it.
func (l *Listener) enter() bool {
	s := l.streams
	l.counts.Accepted()
	here, total := l.here.Add(1), s.conns.Add(1)
	if here > int64(s.maxHere) || total > int64(s.max) {
		l.here.Add(-1)
		s.conns.Add(-1)
		l.counts.Refused()
		s.crowded.Refuse(s.log, errCrowded, "listener", l.address)
		return false
	}
	l.counts.Opened(1)
	l.running.Add(1)
	return true
}

// leave is the end of what enter began.
func (l *Listener) leave() {
	l.here.Add(-1)
	l.streams.conns.Add(-1)
	l.counts.Opened(-1)
	l.running.Done()
}
