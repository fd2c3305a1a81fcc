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

// A Process is what all exchanges of the process share.
type Process struct {
	Log          *slog.Logger
	Access       *accesslog.Log // nil: none
	Limits       Limits
	Drain        time.Duration // for exchanges with a retired backend, and of a closed listener
	AbortOnClose bool
	date         dateField
	Budget       overload.Budget  // of memory
	shortage     overload.Episode // of that
}

// A Frontend is the listener as exchanges and connections see it.
type Frontend struct {
	*Process
	Config  atomic.Pointer[Config]
	Counts  *metrics.Instance[ListenerCounts]
	Retries overload.RetryBudget
	Addr    netip.AddrPort
	Secure  bool // it speaks TLS

	Draining atomic.Bool // it is closed
	Yielded  atomic.Bool // another process has the socket; set before draining

	Members Members

	AltSvc      []byte      // the value of the Alt-Svc field that tells of HTTP/3; nil: there is none
	ServesHTTP3 atomic.Bool // HTTP/3 is served on the UDP port
}

// Members is the set of the connections that a listener has.
type Members interface {
	// Become has m stand for the connection from now on.
	Become(o *Origin, m Member)
	// Remove takes out a connection that has ended.
	Remove(o *Origin)
}

// Hurries reports whether connections without an exchange are to end.
func (f *Frontend) Hurries() bool { return f.Draining.Load() && !f.Yielded.Load() }

// RefuseMemory counts what was refused because memory is short.
func (f *Frontend) RefuseMemory() {
	f.Counts.Local().Refusals[overload.OfMemory].Inc()
	f.Budget.Refuse()
	f.shortage.Refuse(f.Log, overload.ErrMemory)
}

// An Origin is where exchanges come from: a client's connection, as they see it and as
// its listener does, whatever is spoken on it.
type Origin struct {
	*Process
	Frontend *Frontend
	Member   Member                    // the connection itself; changed under the lock of the listener's set
	Client   netip.AddrPort            // as it was accepted
	Remote   remote                    // nil: the client stays where it is
	Key      balance.Key               // for the schedulers
	Overflow bool                      // accepted beyond the limit, to be told so
	CutFor   atomic.Pointer[cutReason] // why it was cut from here; nil: it was not
	State    atomic.Uint32             // idle, active or closing
	Memory   overload.Holding
}

// A Member is a connection of a listener's set, in any version of HTTP. Its methods
// may be called from any goroutine and do not block.
type Member interface {
	// Cut ends the connection and whatever it is doing.
	Cut()
	// Retire ends a connection on which nothing is under way, and asks one that can
	// be asked.
	Retire()
	// GiveWay ends the connection because memory is short.
	GiveWay()
}

// A remote knows where its client is now.
type remote interface{ RemoteAddr() net.Addr }

// The states of a connection. Over HTTP/1.1 only an idle one may be ended from outside
// without harm; whoever moves it away from idle decides.
const (
	Idle    = iota // waits for a request
	Active         // has an exchange under way
	Closing        // asked to end while it was idle
)

// Open is for a new connection of the listener, which is m.
func (o *Origin) Open(f *Frontend, m Member, client netip.AddrPort) {
	o.Process, o.Frontend, o.Member, o.Client = f.Process, f, m, client
	o.Key.ClientIP = client.Addr().As16()
	o.Memory.Open(&f.Budget)
}

// Addr is where the client is now: a QUIC connection may move (RFC 9000, 9).
func (o *Origin) Addr() netip.AddrPort {
	if o.Remote != nil {
		return socket.AddrPort(o.Remote.RemoteAddr())
	}
	return o.Client
}

// Guard is deferred by every goroutine of the connection: a bug costs this
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

// A cutReason is why a connection is cut from here, as the access log says of the
// exchanges that were under way.
type cutReason struct{ Err error }

var (
	DrainOver     = &cutReason{errors.New("cut at the end of the drain")}
	MemoryShort   = &cutReason{errors.New("cut because memory is short")}
	ErrOffBackend = errors.New("cut from a backend that was removed, at the end of its drain")
)

// CutOff cuts the connection for a reason of ours.
func (o *Origin) CutOff(reason *cutReason) {
	o.CutFor.CompareAndSwap(nil, reason)
	o.Member.Cut()
}
