package udp

import (
	"net/netip"

	"elbow/internal/accesslog"
	"elbow/internal/socket"
)

// A reason is why a session ended.
type reason uint8

const (
	byIdle       reason = iota // it carried nothing for too long
	byRefusal                  // the backend answered that nobody listens (ICMP)
	byHealth                   // the backend is down, and the client sends again
	byRoom                     // another one needed its place
	byClose                    // the listener was stopped
	byRetirement               // the backend was retired, and its time over
	byFault                    // a fault of ours
)

var reasonNames = [...]struct{ name, side string }{
	byIdle: {"idle timeout", ""}, byRefusal: {"backend refused", "upstream"}, byHealth: {"backend down", "upstream"},
	byRoom: {"too many sessions", "self"}, byClose: {"listener stopped", ""}, byRetirement: {"backend removed", "self"},
	byFault: {"internal error", "self"},
}

// A record is what is known of a session when it has ended.
type record struct {
	client      netip.AddrPort
	backend     *Backend
	began       socket.Instant
	in, out     int64 // bytes
	nIn, nOut   int64 // datagrams
	wasReplaced bool  // it took the place of one whose backend refused
	reason      reason
}

// finish counts a session that has ended and writes its line of the access log.
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
