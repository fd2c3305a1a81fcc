package udp

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"
)

// A Listener serves one address and port with one Config at a time.
type Listener struct {
	relay   *Relay
	address netip.AddrPort
	socket  socketOf
	config  atomic.Pointer[Config]
	counts  Counts
	state   sessions // owned by the engine

	stopping sync.Once
	closing  sync.Once
	running  sync.WaitGroup // counts the sessions
}

// Listen opens addr and serves cfg on it. The error matches EADDRINUSE if the address
// is in use and EADDRNOTAVAIL if no interface has it.
func (r *Relay) Listen(addr netip.AddrPort, cfg *Config, counts Counts) (*Listener, error) {
	l := &Listener{relay: r, address: addr, counts: counts}
	l.config.Store(cfg)
	if err := r.files.Claim(1, 0); err != nil {
		return nil, err
	}
	if err := l.socket.open(r, addr); err != nil {
		r.files.Release(1, 0)
		return nil, err
	}
	r.mu.Lock()
	r.open[l] = struct{}{}
	r.mu.Unlock()
	l.address = l.socket.Address()
	r.engine.read(l)
	return l, nil
}

// Swap makes cfg apply to new sessions.
func (l *Listener) Swap(cfg *Config) { l.config.Store(cfg) }

// Addr returns the address that the listener is bound to.
func (l *Listener) Addr() netip.AddrPort { return l.address }

// stop ends the reading of clients' datagrams.
func (l *Listener) stop() {
	l.stopping.Do(func() {
		r := l.relay
		r.mu.Lock()
		delete(r.open, l)
		r.mu.Unlock()
		r.engine.unread(l)
	})
}

// Close ends the listener and its sessions: without the port, no answers can be sent.
// When it returns, address and port are free for another listener.
func (l *Listener) Close() {
	l.stop()
	l.closing.Do(func() {
		l.relay.engine.cut(func(of *Listener, _ *Backend) bool { return of == l }, byClose)
		l.running.Wait()
		l.relay.engine.forget(l)
		l.socket.Close()
		l.relay.files.Release(1, 0)
	})
}

// Yield stops reading, because another process has the socket now. Sessions continue
// to forward answers to their clients until Drain ends.
func (l *Listener) Yield() { l.stop() }

// Drain ends the listener: after Yield when the last session has ended or ctx ends,
// otherwise at once. It returns the error of ctx if sessions were cut.
func (l *Listener) Drain(ctx context.Context) (err error) {
	l.stop()
	ended := make(chan struct{})
	go func() { // ends with the last session, which Close ensures
		l.running.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
		err = ctx.Err()
	}
	l.Close()
	<-ended
	return err
}
