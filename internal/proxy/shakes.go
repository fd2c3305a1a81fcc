package proxy

import (
	"crypto/tls"
	"errors"
	"net"

	"elbow/internal/exchange"
	"elbow/internal/overload"
	"elbow/internal/proxy/tcp"
	"elbow/internal/socket"
)

// A handshake takes the processor for as long as twenty requests do, and the
// scheduler lets everybody who can run take turns: a thousand handshakes that are
// ready would let a request on an open connection wait for a thousand of them.
// So no more than there are processors are computed at a time. The others wait
// before that, holding their goroutine alone, and what comes on top is closed as
// soon as it is accepted, for a tenth of what a handshake costs.
//
// And whose turn it is lets others go first: see overload.HandshakeYield.

var (
	errShakes    = errors.New("too many TLS handshakes")
	errNoInitial = errors.New("the packet does not decrypt")
)

// turn waits until the handshake that has begun with hello may be computed. It
// is when the client has sent what it depends on, so that slow clients hold up
// nobody; the first write is its end, before the client is waited for again.
func (l *Listener) turn(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	var who shaker
	if w, ok := hello.Conn.(*tcp.Wire); ok {
		who = w
	} else {
		who = &hello.Context().Value(quicStartKey{}).(*quicStart).turn
	}
	g := &l.proxy.shakes
	waited := !g.Enter()
	if waited {
		if err := g.Wait(who.Ended); err != nil {
			g.Leave()
			l.refuseShake(err)
			return nil, err
		}
	}
	if !who.Begins(g) {
		g.Leave()
		return nil, exchange.ErrLeft
	}
	l.proxy.yield.Yield(waited)
	return nil, nil
}

// A shaker is a connection whose handshake is to be computed.
type shaker interface {
	Ended() bool                // the connection has been closed
	Begins(*overload.Gate) bool // notes what the end of the turn has to leave, unless it has ended
}

// turnAway closes a connection that need not begin a handshake, and reports
// whether it did: there is no turn for it in time, or no memory.
func (l *Listener) turnAway(tcp *net.TCPConn) bool {
	switch {
	case l.proxy.process.Budget.FullForConns(socket.AddrPort(tcp.RemoteAddr())):
		l.frontend.RefuseMemory()
	case l.tls != nil && l.proxy.shakes.WouldRefuse(1):
		l.refuseShake(overload.ErrQueueFull)
		defer l.shed()
	default:
		return false
	}
	_ = tcp.SetLinger(0) // a reset tells at once, and leaves nothing behind
	_ = tcp.Close()      // nothing was said to it
	return true
}

// shed turns away what the listening socket has, without making connections of
// it. At three times as many handshakes of 0.3 ms as can be done, goodput is 0.7 of
// the peak by that, and by counting whom crowd has let pass; it was 0.5.
func (l *Listener) shed() {
	counts := l.frontend.Counts.Local()
	_ = l.raw.Control(func(fd uintptr) { // closed, it has nothing
		for range shedMax {
			if !l.proxy.shakes.WouldRefuse(0) || !socket.TurnAway(fd) {
				return
			}
			counts.Accepted.Inc()
			l.refuseShake(overload.ErrQueueFull)
		}
	})
}
