package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/quic-go/quic-go"

	"elbow/internal/datagram"
	"elbow/internal/overload"
	"elbow/internal/proxy/h3"
)

// A quicPort is the UDP side of a TLS listener, for HTTP/3. It opens the UDP port of
// the same number and, if that is in use, retries without affecting the TCP side.
type quicPort struct {
	listener *Listener
	addr     netip.AddrPort
	tls      *tls.Config

	fault   atomic.Pointer[error] // why it is not open; nil: it is
	socket  atomic.Pointer[datagram.Socket]
	shaking atomic.Int64     // handshakes in progress
	turns   overload.Turns   // handshakes being computed
	proofs  datagram.Proofs  // of valid first packets
	sources overload.Sources // addresses with handshakes in progress
	conns   sync.WaitGroup   // connections that use the port
}

// newQUIC returns the UDP side of l, whose TCP side is already bound.
func newQUIC(l *Listener) *quicPort {
	q := &quicPort{listener: l, addr: l.Addr(), tls: l.tls.Clone()}
	q.tls.NextProtos = []string{"h3"}
	l.frontend.AltSvc = append(l.frontend.AltSvc, `h3=":`...)
	l.frontend.AltSvc = strconv.AppendUint(l.frontend.AltSvc, uint64(q.addr.Port()), 10)
	l.frontend.AltSvc = append(l.frontend.AltSvc, `"; ma=86400`...)
	return q
}

// start opens the port, or begins to retry.
func (q *quicPort) start() {
	s, err := q.open()
	q.listener.conns.running.Add(1)
	go q.run(s, err) // ends when the listener is closed and its last connection has ended; Drain waits
}

// A quicSocket is an open UDP port with its QUIC transport.
type quicSocket struct {
	udp       *datagram.Socket
	transport *quic.Transport
	accept    *quic.EarlyListener
}

// open opens the port.
func (q *quicPort) open() (*quicSocket, error) {
	s, err := q.listen()
	if err != nil {
		q.fault.Store(&err)
		return nil, err
	}
	q.fault.Store(nil)
	q.listener.frontend.ServesHTTP3.Store(true)
	return s, nil
}

func (q *quicPort) listen() (*quicSocket, error) {
	p := q.listener.proxy
	udp, err := p.listenUDP(q.addr)
	if err != nil {
		return nil, err
	}
	sessions := q.listener.settings.Load().Sessions
	udp.Serve(&q.turns, &q.proofs, sessions.resetKey(), p.tag)
	s := &quicSocket{udp: udp}
	s.transport = &quic.Transport{
		Conn:                  udp,
		ConnectionIDGenerator: datagram.IDs{Tag: p.tag},
		ConnContext:           q.begin,
		VerifySourceAddress:   func(net.Addr) bool { return q.distrusts() },
		Tracer:                udp.Tracer(),
	}
	sessions.protect(s.transport)
	if s.accept, err = s.transport.ListenEarly(q.tls, q.config()); err != nil {
		s.close()
		return nil, err
	}
	q.socket.Store(udp)
	if source := p.source(); !udp.IsFrom(source) { // Begin was called meanwhile
		udp.SetSource(source)
	}
	return s, nil
}

// close closes the transport and the socket.
func (s *quicSocket) close() {
	_ = s.transport.Close() // ends its goroutines; an error has no consequence
	_ = s.udp.Close()
}

// run serves the port, reopening it if necessary, until the listener is closed and the
// last connection has ended. If the first attempt to open it failed, s is nil and err
// is the reason.
func (q *quicPort) run(s *quicSocket, err error) {
	defer q.listener.conns.running.Done()
	for {
		if s == nil {
			if s = q.retry(err); s == nil {
				return
			}
		}
		err = q.serve(s)
		q.socket.Store(nil)
		s.close()
		if q.listener.frontend.Draining.Load() {
			return
		}
		q.fault.Store(&err)
		q.listener.frontend.ServesHTTP3.Store(false)
		s = nil
	}
}

// retry tries to open the port until it succeeds, or returns nil if the listener is
// closed. err is the result of the previous attempt.
func (q *quicPort) retry(err error) *quicSocket {
	log := q.listener.proxy.process.Log
	log.Warn("no HTTP/3 as long as the UDP port cannot be used", "listener", q.addr, "err", err)
	for tries := 1; sleep(quicRetry, q.listener.done); tries++ {
		if s, err := q.open(); err == nil {
			log.Info("UDP port opened, HTTP/3 is served", "listener", q.addr, "tries", tries)
			return s
		}
	}
	return nil
}

// serve accepts connections until the listener is closed or the socket fails, and
// returns when the last of them has ended.
func (q *quicPort) serve(s *quicSocket) error {
	broken, closed := make(chan struct{}), make(chan struct{})
	go q.closeWith(s, broken, closed) // ends when one of both happens; awaited below
	for {
		c, err := s.accept.Accept(context.Background()) // ends when s.accept is closed, or in error
		if err != nil {
			close(broken)
			<-closed
			q.conns.Wait()
			return err
		}
		q.admit(c)
	}
}

// admit starts the goroutines of a new connection.
func (q *quicPort) admit(c *quic.Conn) {
	l := q.listener
	start := c.Context().Value(quicStartKey{}).(*quicStart)
	h := h3.New(&l.frontend, c, start.id.bytes(), &start.window, start.done)
	q.conns.Add(1)
	if !l.conns.add(&h.Origin) {
		l.frontend.Counts.Local().Refused.Inc()
		go q.use(h.Refuse) // ends at once; run waits for it
		return
	}
	l.frontend.Counts.Local().Open.Add(1)
	go q.use(h.Serve) // ends with the connection; Drain waits for it
}

// use runs f, which uses the port, with the connection counted in q.conns.
func (q *quicPort) use(f func()) {
	defer q.conns.Done()
	f()
}

// grow allows quic-go to extend the window of a connection while memory is available.
func (q *quicPort) grow(c *quic.Conn, more uint64) bool {
	start, ok := c.Context().Value(quicStartKey{}).(*quicStart)
	if !ok || !q.listener.proxy.process.Budget.Roomy(int64(more)) {
		return false
	}
	start.window.Grow(int64(more))
	return true
}

// closeWith stops accepting connections once the listener is closed or, if another
// process has the socket, a moment later, because some handshakes may have begun here.
// Open connections continue.
func (q *quicPort) closeWith(s *quicSocket, broken <-chan struct{}, closed chan<- struct{}) {
	select {
	case <-q.listener.done:
		if q.listener.frontend.Yielded.Load() {
			sleep(handshakeRest, broken)
		}
	case <-broken:
	}
	_ = s.accept.Close() // never returns an error
	close(closed)
}

// config returns the settings of quic-go.
func (q *quicPort) config() *quic.Config {
	limits := &q.listener.proxy.process.Limits
	return &quic.Config{
		HandshakeIdleTimeout: limits.HandshakeTimeout / 2, // quic-go ends a handshake after twice this
		// This is silence on the wire, not absence of requests: a connected client
		// acknowledges the packets of KeepAlivePeriod, however long its request takes.
		MaxIdleTimeout:  quicSilence,
		KeepAlivePeriod: quicSilence / 2,

		InitialStreamReceiveWindow:     quicStreamWindow,
		MaxStreamReceiveWindow:         quicMaxStreamWindow,
		InitialConnectionReceiveWindow: h3.ConnWindow,
		MaxConnectionReceiveWindow:     quicMaxConnWindow,
		AllowConnectionWindowIncrease:  q.grow,
		MaxIncomingStreams:             quicStreams,
		MaxIncomingUniStreams:          quicUniStreams,
		// A stream that the client resets counts until its exchange has ended, so
		// resetting streams cannot make the proxy work on more than quicStreams of them
		// ("rapid reset", CVE-2023-44487).
		RequireStreamCreditRelease: true,

		Allow0RTT: true, // admitEarly of package h3 decides about each request
		Tracer:    traceID,
	}
}

// HTTP3 returns nil if the listener serves HTTP/3, otherwise the reason why it does
// not. A port that is in use is retried every few seconds.
func (l *Listener) HTTP3() error {
	if l.quic == nil {
		return errNoHTTP3
	}
	if err := l.quic.fault.Load(); err != nil {
		return *err
	}
	return nil
}

var errNoHTTP3 = errors.New("HTTP/3 is switched off, or the listener is plain HTTP")
