package proxy

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"elbow/internal/exchange"
	"elbow/internal/proxy/tcp"
	"elbow/internal/socket"
)

// A Listener serves one address and port with one Config at a time. The socket stays
// open when the Config changes.
type Listener struct {
	frontend exchange.Frontend // for the exchanges
	settings atomic.Pointer[Config]
	proxy    *Proxy
	tcp      *net.TCPListener
	raw      syscall.RawConn // of tcp
	tls      *tls.Config     // nil: plain HTTP
	quic     *quicPort       // nil: no HTTP/3
	overflow overflow

	done    chan struct{}  // closed when draining begins
	running sync.WaitGroup // the accept loop and all connections

	mu    sync.Mutex
	conns map[*exchange.Origin]struct{} // guarded by mu
}

// Listen opens addr and serves cfg on it. The error matches EADDRINUSE if the address
// is in use and EADDRNOTAVAIL if no interface has it.
func (p *Proxy) Listen(addr netip.AddrPort, cfg *Config) (*Listener, error) {
	return p.listen(addr, cfg, true)
}

// ListenBesides is like Listen, for an additional address of a load balancer's
// listener. Each Listener has its own connections, retry budget and end; they share
// metrics.
func (p *Proxy) ListenBesides(addr netip.AddrPort, cfg *Config) (*Listener, error) {
	return p.listen(addr, cfg, false)
}

// listen implements Listen; if sampled is false, the sampled metrics are those of
// another listener with the same labels.
func (p *Proxy) listen(addr netip.AddrPort, cfg *Config, sampled bool) (*Listener, error) {
	tcp, raw, err := p.listenTCP(addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	l := &Listener{
		proxy: p,
		tcp:   tcp,
		raw:   raw,
		done:  make(chan struct{}),
		conns: make(map[*exchange.Origin]struct{}),
	}
	l.frontend.Members = (*members)(l)
	l.frontend.Process, l.frontend.Addr, l.frontend.Secure = &p.process, l.Addr(), cfg.Certificate != nil
	l.frontend.Retries.Open(p.retryPercent, p.retryBurst)
	l.settings.Store(cfg)
	l.frontend.Config.Store(&cfg.Config)
	if cfg.Certificate != nil {
		l.tls = l.newTLS()
		cfg.Sessions.follow(l.tls)
		if p.http3 && !cfg.NoHTTP3 {
			l.quic = newQUIC(l)
		}
	}
	var sample func(*exchange.ListenerCounts)
	if sampled {
		sample = l.sample
	}
	l.frontend.Counts = p.listeners.Add(sample, cfg.LoadBalancer, strconv.Itoa(cfg.Port))
	p.mu.Lock()
	p.open[l] = struct{}{}
	p.mu.Unlock()
	if l.quic != nil {
		l.quic.start()
	}
	l.running.Add(1)
	go l.accept() // ends when Drain closes the socket; Drain waits for it
	return l, nil
}

// Swap makes cfg apply to new exchanges and handshakes. Those in progress continue
// with the Config they began with; no connection is closed. It must not be called
// concurrently.
func (l *Listener) Swap(cfg *Config) {
	l.frontend.Config.Store(&cfg.Config)
	if last := l.settings.Swap(cfg); l.tls != nil && last.Sessions != cfg.Sessions {
		cfg.Sessions.follow(l.tls)
	}
}

// Addr returns the address that the listener is bound to.
func (l *Listener) Addr() netip.AddrPort {
	ap := l.tcp.Addr().(*net.TCPAddr).AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// accept accepts connections until the socket is closed.
func (l *Listener) accept() {
	defer l.running.Done()
	select {
	case <-l.proxy.begun:
	case <-l.done:
	}
	pause := acceptPauseMin
	for {
		tcp, err := l.tcp.AcceptTCP()
		if err == nil {
			pause = acceptPauseMin
			l.admit(tcp)
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
		// Out of file descriptors or memory, until connections end. The error of a client
		// that gave up before it was accepted is handled here too.
		if pause == acceptPauseMin {
			l.proxy.process.Log.Warn("connections cannot be accepted for now", "listener", l.Addr(), "err", err)
		}
		if !sleep(pause, l.done) {
			return
		}
		pause = min(2*pause, acceptPauseMax)
	}
}

// admit starts the goroutine of a new connection, unless there are too many.
func (l *Listener) admit(accepted *net.TCPConn) {
	c := new(tcp.Conn)
	c.Origin.Open(&l.frontend, c, socket.AddrPort(accepted.RemoteAddr()))
	counts := l.frontend.Counts.Local()
	counts.Accepted.Inc()
	if l.turnAway(accepted) {
		return
	}
	c.State.Store(exchange.Active)
	if err := c.Wire.Open(accepted, l.proxy.lot, l.tls != nil, l.proxy.process.Limits.StreamTimeout); err != nil {
		_ = accepted.Close() // it is closed already, the reason why init failed
		return
	}
	c.Wire.TellStalls(c)
	if l.proxy.files.Refuses(c.Wire.Descriptor()) {
		l.refuseDescriptor()
		_ = accepted.SetLinger(0) // a reset informs the client at once
		_ = accepted.Close()      // no bytes were exchanged
		return
	}
	if !l.add(&c.Origin) {
		counts.Refused.Inc()
		_ = accepted.Close() // no bytes were exchanged
		return
	}
	counts.Open.Add(1)
	go l.begin(c) // ends with the connection, or when it becomes another Member; Drain waits
}

// add adds a connection to the set and reports whether there was room.
func (l *Listener) add(o *exchange.Origin) bool {
	ok := l.book(o)
	if o.Overflow {
		l.overLimit()
		if ok {
			l.frontend.Counts.Local().Overflow.Inc()
		}
	}
	return ok
}

func (l *Listener) book(o *exchange.Origin) bool {
	p := l.proxy
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.frontend.Hurries() {
		return false
	}
	here, total := len(l.conns)+1, int(p.conns.Add(1))
	o.Overflow = here > p.maxListener || total > p.max
	if here > p.maxListener+p.maxListener/overflowShare || total > p.max+p.max/overflowShare {
		p.conns.Add(-1)
		return false
	}
	l.conns[o] = struct{}{}
	l.running.Add(1)
	return true
}

// full reports whether add would find no room.
func (l *Listener) full() bool {
	p := l.proxy
	l.mu.Lock()
	here := len(l.conns)
	l.mu.Unlock()
	return here >= p.maxListener+p.maxListener/overflowShare || int(p.conns.Load()) >= p.max+p.max/overflowShare
}

// members implements exchange.Members for the listener.
type members Listener

// Become implements exchange.Members.
func (l *members) Become(o *exchange.Origin, m exchange.Member) {
	l.mu.Lock()
	o.Member = m
	l.mu.Unlock()
}

// Remove implements exchange.Members.
func (l *members) Remove(o *exchange.Origin) { (*Listener)(l).remove(o) }

func (l *Listener) remove(o *exchange.Origin) {
	l.mu.Lock()
	delete(l.conns, o)
	here := len(l.conns)
	l.mu.Unlock()
	o.Memory.Close()
	l.frontend.Counts.Local().Open.Add(-1)
	total := l.proxy.conns.Add(-1)
	if l.overflow.active.Load() {
		l.maybeUnderLimit(here, int(total))
	}
	l.running.Done()
}

// sleep waits for d or until done is closed, and reports whether d has passed.
func sleep(d time.Duration, done <-chan struct{}) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-done:
		return false
	}
}
