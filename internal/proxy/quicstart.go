package proxy

import (
	"context"
	"net/netip"
	"sync/atomic"

	"github.com/quic-go/quic-go"

	"elbow/internal/exchange"
	"elbow/internal/overload"
	"elbow/internal/proxy/h3"
	"elbow/internal/socket"
)

// A quicStart is the state of a connection before its handshake has ended.
type quicStart struct {
	id      quicID
	port    *quicPort
	client  netip.AddrPort
	window  h3.Window
	shaking atomic.Bool   // counted as in progress
	turn    overload.Turn // of its handshake
}

// begin is called for the first packet of each connection.
func (q *quicPort) begin(ctx context.Context, info *quic.ClientInfo) (context.Context, error) {
	l := q.listener
	counts := l.frontend.Counts.Local()
	client := socket.AddrPort(info.RemoteAddr)
	if !q.proofs.Take(client) {
		counts.Unshaken.Inc()
		return nil, errNoInitial
	}
	counts.Accepted.Inc()
	if l.proxy.process.Budget.FullForConns(client) {
		l.frontend.RefuseMemory()
		return nil, overload.ErrMemory
	}
	if q.wouldRefuse(client) || l.proxy.shakes.WouldRefuse(1) {
		l.refuseShake(overload.ErrQueueFull)
		return nil, errShakes
	}
	if full := l.conns.full(); full || l.frontend.Hurries() {
		counts.Refused.Inc()
		if full {
			l.conns.overLimit()
		}
		return nil, exchange.ErrOverflow
	}
	start := &quicStart{port: q, client: client}
	start.turn.Open(&q.turns, client)
	start.shaking.Store(true)
	q.shaking.Add(1)
	l.proxy.quicShaking.Add(1)
	l.proxy.process.Budget.Hold(overload.QUICCost)
	q.sources.Add(client, 1)
	context.AfterFunc(ctx, start.ends)
	return context.WithValue(ctx, quicStartKey{}, start), nil
}

// ends is called when the connection has ended.
func (s *quicStart) ends() {
	s.shaken(false)
	s.port.listener.proxy.process.Budget.Hold(-overload.QUICCost)
	s.turn.End()
}

// done records that the handshake is complete.
func (s *quicStart) done() { s.shaken(true) }

// shaken records the end of the handshake, once.
func (s *quicStart) shaken(ok bool) {
	if !s.shaking.CompareAndSwap(true, false) {
		return
	}
	s.port.shaking.Add(-1)
	s.port.listener.proxy.quicShaking.Add(-1)
	s.port.sources.Add(s.client, -1)
	counts := s.port.listener.frontend.Counts.Local()
	if ok {
		counts.Handshakes.Inc()
	} else {
		counts.Unshaken.Inc()
	}
}

// distrusts reports whether a new client has to validate its address first, which
// costs a round trip. Addresses may be forged, and an excess of handshakes may be such
// an attack.
func (q *quicPort) distrusts() bool {
	p := q.listener.proxy
	return q.shaking.Load() >= int64(p.maxShaking) || p.quicShaking.Load() >= p.quicRoom/2 || p.shakes.Pressed()
}

// wouldRefuse reports whether there are too many handshakes for one more from this client.
func (q *quicPort) wouldRefuse(client netip.AddrPort) bool {
	p := q.listener.proxy
	places := min(quicShakingMax, p.quicRoom)
	return q.shaking.Load() >= places || p.quicShaking.Load() >= p.quicRoom ||
		q.distrusts() && int64(q.sources.Of(client)) >= places/quicShakingShare
}
