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

// A handshake takes as much CPU time as twenty requests, and the scheduler runs all
// runnable goroutines in turn: with a thousand handshakes ready, a request on an open
// connection would wait for all of them. So no more handshakes are computed at a time
// than there are processors. The others wait before that, holding only their
// goroutine, and connections in excess of those are closed right after accept, for a
// tenth of what a handshake costs.
//
// A goroutine also yields before it computes a handshake: see overload.HandshakeYield.

var (
	errShakes    = errors.New("too many TLS handshakes")
	errNoInitial = errors.New("the packet does not decrypt")
)

// turn waits until the handshake that has begun with hello may be computed. It is
// called after the client has sent its input, so that slow clients delay nobody. The
// turn ends with the first write, before the next wait for the client.
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
	Begins(*overload.Gate) bool // records the gate to leave after the turn; false: it has ended
}

// turnAway closes a connection whose handshake would get no turn in time, or for which
// there is no memory, and reports whether it did.
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
	_ = tcp.SetLinger(0) // a reset informs the client at once and leaves no state
	_ = tcp.Close()      // no bytes were exchanged
	return true
}

// shed accepts and closes pending connections at the level of system calls, without
// creating a net.Conn. With three times as many handshakes of 0.3 ms as can be
// computed, goodput is 0.7 of the peak with shed and with the count of connections
// that connections.full has admitted; it was 0.5.
func (l *Listener) shed() {
	counts := l.frontend.Counts.Local()
	_ = l.raw.Control(func(fd uintptr) { // if it is closed, nothing is pending
		for range shedMax {
			if !l.proxy.shakes.WouldRefuse(0) || !socket.TurnAway(fd) {
				return
			}
			counts.Accepted.Inc()
			l.refuseShake(overload.ErrQueueFull)
		}
	})
}
