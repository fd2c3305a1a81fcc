package proxy

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

// A process is what all exchanges of the process share.
type process struct {
	log          *slog.Logger
	access       *accesslog.Log // nil: none
	limits       Limits
	drain        time.Duration // for exchanges with a retired backend, and of a closed listener
	abortOnClose bool
	date         dateField
	budget       overload.Budget  // of memory
	shortage     overload.Episode // of that
}

// A frontend is the listener as exchanges and connections see it.
type frontend struct {
	*process
	config  atomic.Pointer[Forwarding]
	counts  *metrics.Instance[listenerCounts]
	retries overload.RetryBudget
	addr    netip.AddrPort
	secure  bool // it speaks TLS

	draining atomic.Bool // it is closed
	yielded  atomic.Bool // another process has the socket; set before draining

	alt    []byte      // the value of the Alt-Svc field that tells of HTTP/3; nil: there is none
	served atomic.Bool // HTTP/3 is served on the UDP port
}

// hurries reports whether connections without an exchange are to end.
func (f *frontend) hurries() bool { return f.draining.Load() && !f.yielded.Load() }

// refuseMemory counts what was refused because memory is short.
func (f *frontend) refuseMemory() {
	f.counts.Local().refusals[overload.OfMemory].Inc()
	f.budget.Refuse()
	f.shortage.Refuse(f.log, overload.ErrMemory)
}

// An Origin is where exchanges come from: a client's connection, as they see it and as
// its listener does, whatever is spoken on it.
type Origin struct {
	*process
	frontend *frontend
	member   member                    // the connection itself; changed under the lock of the listener's set
	client   netip.AddrPort            // as it was accepted
	remote   remote                    // nil: the client stays where it is
	key      balance.Key               // for the schedulers
	overflow bool                      // accepted beyond the limit, to be told so
	cutFor   atomic.Pointer[cutReason] // why it was cut from here; nil: it was not
	state    atomic.Uint32             // idle, active or closing
	memory   overload.Holding
}

// A member is a connection of a listener's set, in any version of HTTP. Its methods
// may be called from any goroutine and do not block.
type member interface {
	// cut ends the connection and whatever it is doing.
	cut()
	// retire ends a connection on which nothing is under way, and asks one that can
	// be asked.
	retire()
	// giveWay ends the connection because memory is short.
	giveWay()
}

// A remote knows where its client is now.
type remote interface{ RemoteAddr() net.Addr }

// The states of a connection. Over HTTP/1.1 only an idle one may be ended from outside
// without harm; whoever moves it away from idle decides.
const (
	idle    = iota // waits for a request
	active         // has an exchange under way
	closing        // asked to end while it was idle
)

// open is for a new connection of the listener, which is m.
func (o *Origin) open(f *frontend, m member, client netip.AddrPort) {
	o.process, o.frontend, o.member, o.client = f.process, f, m, client
	o.key.ClientIP = client.Addr().As16()
	o.memory.Open(&f.budget)
}

// addr is where the client is now: a QUIC connection may move (RFC 9000, 9).
func (o *Origin) addr() netip.AddrPort {
	if o.remote != nil {
		return socket.AddrPort(o.remote.RemoteAddr())
	}
	return o.client
}

// guard is deferred by every goroutine of the connection: a bug costs this
// connection, not the process.
func (o *Origin) guard() {
	p := recover()
	if p == nil {
		return
	}
	o.member.cut()
	o.log.Error("panic in a connection", "client", o.addr(), "listener", o.frontend.addr,
		"err", p, "stack", string(debug.Stack()))
}

// A cutReason is why a connection is cut from here, as the access log says of the
// exchanges that were under way.
type cutReason struct{ err error }

var (
	drainOver     = &cutReason{errors.New("cut at the end of the drain")}
	memoryShort   = &cutReason{errors.New("cut because memory is short")}
	errOffBackend = errors.New("cut from a backend that was removed, at the end of its drain")
)

// cutOff cuts the connection for a reason of ours.
func (o *Origin) cutOff(reason *cutReason) {
	o.cutFor.CompareAndSwap(nil, reason)
	o.member.cut()
}
