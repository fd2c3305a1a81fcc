package reconcile

import (
	"cmp"
	"context"
	"net/netip"
	"time"

	"elbow/internal/cert"
	"elbow/internal/exchange"
	"elbow/internal/health"
	"elbow/internal/proxy"
	"elbow/internal/stream"
	"elbow/internal/udp"
)

// A unit is the sockets of one port, on the address of the load balancer and on those
// of its EIPs, with all that belongs to them. What the plan looks at are values; the
// rest are the parts of the data plane behind them.
type unit struct {
	spec     spec // in force; of one that is not open, what its parts were made for
	open     bool // on one address at least
	backends map[backendID]*backend
	fault    *fault // of the last try; nil if it went well

	sockets map[netip.Addr]front
	config  *proxy.Config // that they follow, of HTTP and HTTPS
	certs   *cert.Store   // nil without TLS

	stream *stream.Config // that they follow, of TCP
	udp    *udp.Config    // of UDP
	counts *proxy.StreamCounts
}

// A front is a listener of the data plane on one address, whatever it speaks.
type front interface {
	Close()
	Yield()
	Drain(ctx context.Context) error
}

// listens reports whether a socket is open on an address.
func (u *unit) listens(at netip.Addr) bool {
	_, open := u.sockets[at]
	return open
}

// settled reports whether d is in force and was told to be. Every step to what
// spec says has been done if there is no fault.
func (u *unit) settled(d *spec) bool {
	return u.open && u.fault == nil && u.spec.revision == d.revision && u.spec.owner == d.owner && u.spec.same(d)
}

// A backend is one server as one unit knows it.
type backend struct {
	check check // that probes it; zero: none does

	proxy   *exchange.Backend
	stream  *stream.Backend // of a TCP listener
	udp     *udp.Backend    // of a UDP listener
	checker *health.Checker // nil if none probes it
}

// retire lets go of a backend that nothing new is sent to.
func (l *Loop) retire(b *backend) {
	b.proxy.Retire()
	if b.stream != nil {
		l.streams.Retire(b.stream)
	}
	if b.udp != nil {
		l.relay.Retire(b.udp)
	}
}

// probed is the check in force, none for a backend that is not there.
func (b *backend) probed() check {
	if b == nil {
		return check{}
	}
	return b.check
}

// A fault is why a unit is not as desired.
type fault struct {
	err   error
	tried spec // what could not be applied
	tries int  // in a row
	retry time.Time
}

// holds reports whether d is what failed and it is too early to try again.
func (f *fault) holds(d *spec, now time.Time) bool {
	return f != nil && now.Before(f.retry) && f.tried.same(d)
}

// compare orders backends by server, port and address.
func (b backendID) compare(o backendID) int {
	return cmp.Or(
		cmp.Compare(b.server, o.server),
		cmp.Compare(b.port, o.port),
		b.address.Compare(o.address),
	)
}
