package stream

import (
	"net/netip"
	"time"

	"elbow/internal/accesslog"
	"elbow/internal/socket"
)

// A reason says why a connection ended.
type reason uint8

const (
	byBoth       reason = iota // both sides had closed, and all bytes were passed on
	byClient                   // the client reset it, or was gone when it was written to
	byBackend                  // the same, by the backend
	byIdle                     // idle timeout
	byNobody                   // no backend is usable
	byFull                     // all backends are at their limit of connections
	byRefusal                  // no backend accepted the connection
	byScarcity                 // out of descriptors
	byDrain                    // the drain timed out
	byRetirement               // the backend was retired, and its drain timed out
	byFault                    // an internal error
)

// reasonNames are the reasons as written to the access log, and the party at
// fault.
var reasonNames = [...]struct{ name, side string }{
	byBoth: {"closed", ""}, byClient: {"client reset", "client"}, byBackend: {"backend reset", "upstream"}, byIdle: {"idle timeout", ""},
	byNobody: {"no usable backend", "upstream"}, byFull: {"backends full", "self"}, byRefusal: {"no backend accepted", "upstream"},
	byScarcity: {"no descriptor", "self"}, byDrain: {"drain timeout", "self"}, byRetirement: {"backend removed", "self"}, byFault: {"internal error", "self"},
}

// A record has the fields of a connection's line in the access log.
type record struct {
	client    netip.AddrPort
	backend   *Backend // nil: none accepted it
	began     socket.Instant
	connected socket.Instant // 0: never
	attempts  int
	in, out   int64
	reason    reason
}

// finish counts a connection that has ended and writes its access-log line.
func (l *Listener) finish(r *record) {
	took := socket.Now().Sub(r.began)
	connected := time.Duration(0)
	if r.connected != 0 {
		connected = r.connected.Sub(r.began)
	}
	cfg, why := l.config.Load(), reasonNames[r.reason]
	l.counts.Ended(took, connected, why.side)
	if l.streams.line == nil {
		return
	}
	line := accesslog.Connection{
		LoadBalancer: cfg.LoadBalancer, Listener: cfg.Port, Client: r.client, Proto: "tcp", In: r.in, Out: r.out,
		Connected: connected, Took: took, Retries: max(r.attempts-1, 0), Reason: why.name, Side: why.side,
	}
	if r.backend != nil {
		line.Backend = r.backend.ID
	}
	l.streams.line(line.Append(make([]byte, 0, 320)))
}
