package udp

import (
	"net/netip"

	"elbow/internal/accesslog"
	"elbow/internal/socket"
)

// A reason says why a session ended.
type reason uint8

const (
	byIdle       reason = iota // idle timeout
	byRefusal                  // the backend's port is closed (ICMP port unreachable)
	byHealth                   // the backend is down, and the client has sent again
	byRoom                     // evicted in favor of another session
	byClose                    // the listener was closed
	byRetirement               // the backend was retired, and its drain timed out
	byFault                    // an internal error
)

var reasonNames = [...]struct{ name, side string }{
	byIdle: {"idle timeout", ""}, byRefusal: {"backend refused", "upstream"}, byHealth: {"backend down", "upstream"},
	byRoom: {"too many sessions", "self"}, byClose: {"listener stopped", ""}, byRetirement: {"backend removed", "self"},
	byFault: {"internal error", "self"},
}

// A record holds what the access log says of a session.
type record struct {
	client      netip.AddrPort
	backend     *Backend
	began       socket.Instant
	in, out     int64 // bytes
	nIn, nOut   int64 // datagrams
	wasReplaced bool  // it replaced a session whose backend refused
	reason      reason
}

// finish counts a session that has ended and writes its access-log line.
func (l *Listener) finish(r *record) {
	took, why := socket.Now().Sub(r.began), reasonNames[r.reason]
	l.counts.Ended(took, 0, why.side)
	if l.relay.line == nil {
		return
	}
	cfg := l.config.Load()
	line := accesslog.Connection{
		LoadBalancer: cfg.LoadBalancer, Listener: cfg.Port, Client: r.client, Proto: "udp", In: r.in, Out: r.out,
		Datagrams: true, DatagramsIn: r.nIn, DatagramsOut: r.nOut, Backend: r.backend.ID, Took: took, Reason: why.name, Side: why.side,
	}
	if r.wasReplaced {
		line.Retries = 1
	}
	l.relay.line(line.Append(make([]byte, 0, 320)))
}
