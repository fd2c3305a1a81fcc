package reconcile

import (
	"context"
	"maps"
	"net/netip"
	"slices"
	"time"

	"elbow/internal/elb"
)

// drain closes the sockets of a unit and lets its exchanges complete in the
// background. When it returns, the address and port are free.
func (a *applier) drain(k key) {
	u := a.running[k]
	delete(a.running, k)
	a.stale = true
	for _, b := range u.backends {
		b.quiet()
	}
	if !u.open {
		a.plane.retireAll(u)
		a.tell(u.spec.owner)
		return
	}
	sockets := slices.Collect(maps.Values(u.sockets))
	for _, socket := range sockets {
		if a.yielding {
			socket.Yield()
		} else {
			socket.Close()
		}
	}
	if !a.yielding {
		a.log.Info("listener closed", "lb", k.loadBalancer, "listener", k.port, "protocol", u.spec.protocol, "rev", a.revision)
	}
	a.drains.start(&drain{unit: u, sockets: sockets})
	a.tell(u.spec.owner)
}

// endDrain releases a unit whose exchanges have ended. What only this unit needed
// is released by the next sweep, which looks at all units: one sweep serves all
// drains that end at about the same time.
func (a *applier) endDrain(d *drain) {
	a.drains.remove(d)
	a.stale = true
	if d.detached.IsValid() {
		return
	}
	a.plane.retireAll(d.unit)
	a.tell(d.unit.spec.owner)
}

// retryUDP has UDP listeners retried in the next pass that could not have the port
// of d, and reports whether there are any.
func (a *applier) retryUDP(d *drain) (found bool) {
	for k, u := range a.running {
		if k.udp && u.fault != nil && d.drainsHTTP3(u.fault.tried.address) {
			u.fault.retry, found = time.Time{}, true
		}
	}
	return found
}

// drainAll closes all sockets, waits for their exchanges and aborts the rest when ctx
// ends.
func (a *applier) drainAll(ctx context.Context) {
	for k := range a.running {
		a.drain(k)
	}
	ended := ctx.Done()
	for len(a.drains.open) > 0 {
		select {
		case d := <-a.drains.ended:
			a.endDrain(d)
		case <-ended:
			ended = nil
			a.drains.cut()
		}
	}
	a.sweep()
}

// sweep releases what no unit needs any more: key pairs, and addresses that this
// process assigned.
func (a *applier) sweep() {
	if !a.stale {
		return
	}
	a.stale = false
	addresses := make(map[netip.Addr]bool)
	certificates := make(map[string]bool)
	for _, u := range a.running {
		u.needs(addresses)
		for _, id := range elb.CertificateIDs(u.spec.certificate) {
			certificates[id] = true
		}
	}
	a.drains.needs(addresses)
	a.pairs.keep(certificates)
	if a.addresses != nil {
		a.addresses.Keep(addresses)
	}
}
