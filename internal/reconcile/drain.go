package reconcile

import (
	"cmp"
	"context"
	"maps"
	"net/netip"
	"slices"
	"time"

	"elbow/internal/elb"
)

// A drain is a set of closed sockets whose exchanges may complete: those of a
// unit, or one of them on the address of an EIP.
type drain struct {
	unit     *unit
	detached netip.Addr // address of the EIP; invalid: the whole unit is drained
	sockets  []front
	cut      context.CancelFunc // aborts the remaining exchanges
}

// drain closes the sockets of a unit and lets its exchanges complete in the
// background. When it returns, the address and port are free.
func (l *Loop) drain(k key) {
	u := l.running[k]
	delete(l.running, k)
	l.stale = true
	for _, b := range u.backends {
		b.quiet()
	}
	if !u.open {
		l.retireAll(u)
		l.tell(u.spec.owner)
		return
	}
	sockets := slices.Collect(maps.Values(u.sockets))
	for _, socket := range sockets {
		if l.yielding {
			socket.Yield()
		} else {
			socket.Close()
		}
	}
	if !l.yielding {
		l.log.Info("listener closed", "lb", k.loadBalancer, "listener", k.port, "protocol", u.spec.protocol, "rev", l.revision)
	}
	l.drainsOf[u.spec.owner]++
	l.end(&drain{unit: u, sockets: sockets})
	l.tell(u.spec.owner)
}

// end lets the exchanges of closed sockets complete. The drain has its own
// deadline: it may outlast the context of Run, up to the end of Drain, which
// calls cut.
func (l *Loop) end(d *drain) {
	ctx, cut := context.WithTimeout(context.Background(), l.drainTimeout)
	d.cut = cut
	l.draining[d] = struct{}{}
	go l.await(ctx, d) // ends with the exchanges or ctx; the receiver of drained waits
}

func (l *Loop) await(ctx context.Context, d *drain) {
	var err error
	for _, socket := range d.sockets { // all are closed: the deadline of one is that of all
		err = cmp.Or(err, socket.Drain(ctx))
	}
	if err != nil {
		l.log.Warn("exchanges cut at the end of the drain", "lb", d.unit.spec.loadBalancer,
			"listener", d.unit.spec.port, "protocol", d.unit.spec.protocol, "err", err)
	}
	l.drained <- d
}

// endDrain releases a unit whose exchanges have ended. What only this unit needed
// is released by the next sweep, which looks at all units: one sweep serves all
// drains that end at about the same time.
func (l *Loop) endDrain(d *drain) {
	d.cut()
	delete(l.draining, d)
	l.stale = true
	l.retryUDP(d)
	if d.detached.IsValid() {
		return
	}
	owner := d.unit.spec.owner
	if l.drainsOf[owner]--; l.drainsOf[owner] == 0 {
		delete(l.drainsOf, owner)
	}
	l.retireAll(d.unit)
	l.tell(owner)
}

// drainsHTTP3 reports whether an HTTPS listener drains whose HTTP/3 connections may
// still use the UDP port at.
func (d *drain) drainsHTTP3(at netip.AddrPort) bool {
	s := &d.unit.spec
	return s.protocol == elb.HTTPS && s.address.Port() == at.Port() && (s.serves(at.Addr()) || d.detached == at.Addr())
}

// retryUDP has UDP listeners retried at once that could not have the port of d.
func (l *Loop) retryUDP(d *drain) {
	for k, u := range l.running {
		if k.udp && u.fault != nil && d.drainsHTTP3(u.fault.tried.address) {
			u.fault.retry = time.Time{}
			l.Look()
		}
	}
}

// retireAll releases the parts of a unit.
func (l *Loop) retireAll(u *unit) {
	for _, b := range u.backends {
		l.retire(b)
	}
	if u.counts != nil {
		u.counts.Remove()
	}
}

// Drain ends everything that runs, after Run has returned: it closes all sockets,
// waits for their exchanges, aborts the rest when ctx ends, and removes the
// addresses it assigned.
func (l *Loop) Drain(ctx context.Context) {
	for k := range l.running {
		l.drain(k)
	}
	ended := ctx.Done()
	for len(l.draining) > 0 {
		select {
		case d := <-l.drained:
			l.endDrain(d)
		case <-ended:
			ended = nil
			for d := range l.draining {
				d.cut()
			}
		}
	}
	l.sweep()
}

// sweep releases what no unit needs any more: key pairs, and addresses that this
// process assigned.
func (l *Loop) sweep() {
	if !l.stale {
		return
	}
	l.stale = false
	addresses := make(map[netip.Addr]bool)
	certificates := make(map[string]bool)
	for _, u := range l.running {
		u.needs(addresses)
		for _, id := range elb.CertificateIDs(u.spec.certificate) {
			certificates[id] = true
		}
	}
	for d := range l.draining {
		if d.detached.IsValid() {
			addresses[d.detached] = true
		} else {
			d.unit.needs(addresses)
		}
	}
	for id := range l.pairs {
		if !certificates[id] {
			delete(l.pairs, id)
		}
	}
	if l.addresses != nil {
		l.addresses.Keep(addresses)
	}
}
