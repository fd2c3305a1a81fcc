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

// A unit is the sockets of one port, on the address of the load balancer and on
// those of its EIPs, with everything that belongs to them. The plan compares the
// values; the rest are the parts of the data plane behind them.
type unit struct {
	spec     spec // in force; while not open, what its parts were created for
	open     bool // on one address at least
	backends map[backendID]*backend
	fault    *fault // of the last attempt; nil if it succeeded

	sockets map[netip.Addr]front
	config  *proxy.Config // in force, for HTTP and HTTPS
	certs   *cert.Store   // nil without TLS

	stream *stream.Config // in force, for TCP
	udp    *udp.Config    // in force, for UDP
	counts *proxy.StreamCounts
}

// A front is a listener of the data plane on one address, of any protocol.
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

// settled reports whether d is in force and settled. If there is no fault, every
// step to spec has been executed.
func (u *unit) settled(d *spec) bool {
	return u.open && u.fault == nil && u.spec.revision == d.revision && u.spec.owner == d.owner && u.spec.same(d)
}

// A backend is one server of one unit.
type backend struct {
	check check // of its checker; zero: none

	proxy   *exchange.Backend
	stream  *stream.Backend // of a TCP listener
	udp     *udp.Backend    // of a UDP listener
	checker *health.Checker // nil: it is not probed
}

// probed is the check in force, the zero check for a backend that does not exist.
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

// holds reports whether d has failed and it is too early to retry it.
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

// follow records that d is in force, as c, except the certificate, which has a
// separate step.
func (u *unit) follow(d *spec, c *proxy.Config) {
	u.config = c
	certificate := u.spec.certificate
	u.spec = d.clone()
	u.spec.certificate = certificate
}

// rekey puts the session keys of d into force.
func (u *unit) rekey(d *spec) {
	c := *u.config
	c.Sessions = sessions(d, u.spec.certificate)
	u.swap(&c)
	u.spec.sessions = d.sessions
}
