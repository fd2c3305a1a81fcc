package exchange

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"sync/atomic"
	"time"

	"elbow/internal/accesslog"
	"elbow/internal/balance"
	"elbow/internal/metrics"
	"elbow/internal/overload"
	"elbow/internal/socket"
)

// A Process holds what all exchanges of the process share.
type Process struct {
	Log          *slog.Logger
	Access       *accesslog.Log // nil: none
	Limits       Limits
	Drain        time.Duration // for exchanges of a retired backend or a closed listener
	AbortOnClose bool
	date         dateField
	Budget       overload.Budget  // of memory
	shortage     overload.Episode // of memory
}

// A Frontend is the part of a listener that exchanges and connections use.
type Frontend struct {
	*Process
	Config  atomic.Pointer[Config]
	Counts  *metrics.Instance[ListenerCounts]
	Retries overload.RetryBudget
	Addr    netip.AddrPort
	Secure  bool // it speaks TLS

	Draining atomic.Bool // the listener is closed
	Yielded  atomic.Bool // another process owns the socket; set before Draining

	Members Members

	AltSvc      []byte      // the Alt-Svc value that advertises HTTP/3; nil: none
	ServesHTTP3 atomic.Bool // HTTP/3 is served on the UDP port
}

// Members is the set of a listener's connections.
type Members interface {
	// Become replaces the Member that represents the connection by m.
	Become(o *Origin, m Member)
	// Remove removes a connection that has ended.
	Remove(o *Origin)
}

// Hurries reports whether connections without an exchange are to be closed.
func (f *Frontend) Hurries() bool { return f.Draining.Load() && !f.Yielded.Load() }

// RefuseMemory counts a refusal because of memory shortage.
func (f *Frontend) RefuseMemory() {
	f.Counts.Local().Refusals[overload.OfMemory].Inc()
	f.Budget.Refuse()
	f.shortage.Refuse(f.Log, overload.ErrMemory)
}

// An Origin is the client connection that exchanges come from, independent of the
// protocol on it, as the exchanges and the listener use it.
type Origin struct {
	*Process
	Frontend *Frontend
	Member   Member                    // the connection itself; changed under the lock of the set
	Client   netip.AddrPort            // the address at accept
	Remote   remote                    // nil: the address of the client cannot change
	Key      balance.Key               // for the schedulers
	Overflow bool                      // accepted beyond the limit, to be answered with 503
	CutFor   atomic.Pointer[cutReason] // why the proxy cut it; nil: it did not
	State    atomic.Uint32             // idle, active or closing
	Memory   overload.Holding
}

// A Member is a connection in a listener's set, in any version of HTTP. Its methods
// may be called from any goroutine and do not block.
type Member interface {
	// Cut closes the connection and aborts whatever it is doing.
	Cut()
	// Retire closes a connection without an exchange in flight, and asks the client to
	// close one that has some, where the protocol allows it.
	Retire()
	// GiveWay ends the connection because memory is short.
	GiveWay()
}

// A remote returns the current address of its client.
type remote interface{ RemoteAddr() net.Addr }

// The states of a connection. Over HTTP/1.1 only an idle one may be closed from
// outside without loss; the compare-and-swap away from Idle decides who may.
const (
	Idle    = iota // waits for a request
	Active         // has an exchange in flight
	Closing        // asked to close while it was idle
)

// Open initializes the origin of a new connection of the listener, represented by m.
func (o *Origin) Open(f *Frontend, m Member, client netip.AddrPort) {
	o.Process, o.Frontend, o.Member, o.Client = f.Process, f, m, client
	o.Key.ClientIP = client.Addr().As16()
	o.Memory.Open(&f.Budget)
}

// Addr returns the current address of the client: a QUIC connection may migrate (RFC
// 9000, 9).
func (o *Origin) Addr() netip.AddrPort {
	if o.Remote != nil {
		return socket.AddrPort(o.Remote.RemoteAddr())
	}
	return o.Client
}

// Guard is deferred by every goroutine of the connection: a panic costs this
// connection, not the process.
func (o *Origin) Guard() {
	p := recover()
	if p == nil {
		return
	}
	o.Member.Cut()
	o.Log.Error("panic in a connection", "client", o.Addr(), "listener", o.Frontend.Addr,
		"err", p, "stack", string(debug.Stack()))
}

// A cutReason is the reason for which the proxy cuts a connection, as the access log
// reports it for the exchanges in flight.
type cutReason struct{ Err error }

var (
	DrainOver     = &cutReason{errors.New("cut at the end of the drain")}
	MemoryShort   = &cutReason{errors.New("cut because memory is short")}
	ErrOffBackend = errors.New("cut from a backend that was removed, at the end of its drain")
)

// CutOff cuts the connection for the given reason.
func (o *Origin) CutOff(reason *cutReason) {
	o.CutFor.CompareAndSwap(nil, reason)
	o.Member.Cut()
}
