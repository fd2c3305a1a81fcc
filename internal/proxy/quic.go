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

// A quicPort is the UDP side of a TLS listener, where HTTP/3 comes in. It opens
// the UDP port of the same number and, if another process has it, goes on trying
// without harm to the TCP side.
type quicPort struct {
	listener *Listener
	addr     netip.AddrPort
	tls      *tls.Config

	fault   atomic.Pointer[error] // why it is not open; nil: it is
	socket  atomic.Pointer[datagram.Socket]
	shaking atomic.Int64     // handshakes under way
	turns   overload.Turns   // handshakes that are being computed
	proofs  datagram.Proofs  // of what begins with a packet that decrypts
	sources overload.Sources // whose handshakes are under way
	conns   sync.WaitGroup   // connections that use the port
}

// newQUIC returns the UDP side of l, whose TCP side is bound already.
func newQUIC(l *Listener) *quicPort {
	q := &quicPort{listener: l, addr: l.Addr(), tls: l.tls.Clone()}
	q.tls.NextProtos = []string{"h3"}
	l.frontend.AltSvc = append(l.frontend.AltSvc, `h3=":`...)
	l.frontend.AltSvc = strconv.AppendUint(l.frontend.AltSvc, uint64(q.addr.Port()), 10)
	l.frontend.AltSvc = append(l.frontend.AltSvc, `"; ma=86400`...)
	return q
}

// start opens the port, or begins to try.
func (q *quicPort) start() {
	s, err := q.open()
	q.listener.running.Add(1)
	go q.run(s, err) // ends when the listener is closed and its last connection has ended; Drain waits
}

// A quicSocket is an open port.
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
	if source := p.source(); !udp.IsFrom(source) { // Begin came in between
		udp.SetSource(source)
	}
	return s, nil
}

// close ends what the connections have been served by.
func (s *quicSocket) close() {
	_ = s.transport.Close() // ends its goroutines; there is nothing to be done about an error
	_ = s.udp.Close()
}

// run serves the port, opening it again if need be, until the listener is closed
// and the last connection has ended. err is why s, from the first try to open it,
// is nil.
func (q *quicPort) run(s *quicSocket, err error) {
	defer q.listener.running.Done()
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

// retry tries to open the port until it can, or the listener is closed: then it
// returns nil. err is of the try before.
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

// serve takes connections until the listener is closed or the socket is in error,
// and returns when the last of them has ended.
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

// admit gives a new connection its goroutines.
func (q *quicPort) admit(c *quic.Conn) {
	l := q.listener
	start := c.Context().Value(quicStartKey{}).(*quicStart)
	h := h3.New(&l.frontend, c, start.id.bytes(), &start.window, start.done)
	q.conns.Add(1)
	if !l.add(&h.Origin) {
		l.frontend.Counts.Local().Refused.Inc()
		go q.use(h.Refuse) // ends at once; run waits for it
		return
	}
	l.frontend.Counts.Local().Open.Add(1)
	go q.use(h.Serve) // ends with the connection; Drain waits for it
}

// use runs what uses the port.
func (q *quicPort) use(f func()) {
	defer q.conns.Done()
	f()
}

// grow lets quic-go make the window of a connection larger, as long as there is memory.
func (q *quicPort) grow(c *quic.Conn, more uint64) bool {
	start, ok := c.Context().Value(quicStartKey{}).(*quicStart)
	if !ok || !q.listener.proxy.process.Budget.Roomy(int64(more)) {
		return false
	}
	start.window.Grow(int64(more))
	return true
}

// closeWith takes no more connections once the listener is closed, or, if another
// process has the socket, a moment later: some may have begun here. Those there
// are go on.
func (q *quicPort) closeWith(s *quicSocket, broken <-chan struct{}, closed chan<- struct{}) {
	select {
	case <-q.listener.done:
		if q.listener.frontend.Yielded.Load() {
			sleep(handshakeRest, broken)
		}
	case <-broken:
	}
	_ = s.accept.Close() // has no error
	close(closed)
}

// config returns the settings of quic-go.
func (q *quicPort) config() *quic.Config {
	limits := &q.listener.proxy.process.Limits
	return &quic.Config{
		HandshakeIdleTimeout: limits.HandshakeTimeout / 2, // quic-go ends a handshake after twice this
		// Silence on the wire, not want of requests: a client that is there
		// answers what KeepAlivePeriod sends, however long its request takes.
		MaxIdleTimeout:  quicSilence,
		KeepAlivePeriod: quicSilence / 2,

		InitialStreamReceiveWindow:     quicStreamWindow,
		MaxStreamReceiveWindow:         quicMaxStreamWindow,
		InitialConnectionReceiveWindow: h3.ConnWindow,
		MaxConnectionReceiveWindow:     quicMaxConnWindow,
		AllowConnectionWindowIncrease:  q.grow,
		MaxIncomingStreams:             quicStreams,
		MaxIncomingUniStreams:          quicUniStreams,
		// A stream that the client resets counts until its exchange has ended,
		// so resetting streams does not make us work on more of them than
		// quicStreams ("rapid reset", CVE-2023-44487).
		RequireStreamCreditRelease: true,

		Allow0RTT: true, // what may come that way, h3.go decides
		Tracer:    traceID,
	}
}

// HTTP3 tells whether the listener serves HTTP/3: nil if it does, else why it
// does not. A port that another process has is tried again every few seconds.
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
