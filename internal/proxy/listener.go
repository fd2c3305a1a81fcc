package proxy

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
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
	conns    connections

	done chan struct{} // closed when draining begins
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
	}
	l.conns.frontend, l.conns.clients, l.conns.open = &l.frontend, &p.clients, make(map[*exchange.Origin]struct{})
	l.frontend.Members = &l.conns
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
	p.enter(l)
	if l.quic != nil {
		l.quic.start()
	}
	l.conns.running.Add(1)
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
	defer l.conns.running.Done()
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
	if !l.conns.add(&c.Origin) {
		counts.Refused.Inc()
		_ = accepted.Close() // no bytes were exchanged
		return
	}
	counts.Open.Add(1)
	go l.begin(c) // ends with the connection, or when it becomes another Member; Drain waits
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
