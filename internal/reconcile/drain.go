package reconcile

import (
	"cmp"
	"context"
	"log/slog"
	"net/netip"
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

// drains are the drains in progress.
type drains struct {
	timeout time.Duration
	log     *slog.Logger
	open    map[*drain]struct{}
	of      map[elb.ListenerKey]int // number of entries in open per listener, those of EIPs not counted
	ended   chan *drain             // drains whose exchanges have ended, for remove
}

// start lets the exchanges of closed sockets complete. The drain has its own
// deadline: it may outlast the context of Run, up to the end of Drain, which
// calls cut.
func (ds *drains) start(d *drain) {
	ctx, cut := context.WithTimeout(context.Background(), ds.timeout)
	d.cut = cut
	ds.open[d] = struct{}{}
	if !d.detached.IsValid() {
		ds.of[d.unit.spec.owner]++
	}
	go ds.await(ctx, d) // ends with the exchanges or ctx; the receiver of ended waits
}

func (ds *drains) await(ctx context.Context, d *drain) {
	var err error
	for _, socket := range d.sockets { // all are closed: the deadline of one is that of all
		err = cmp.Or(err, socket.Drain(ctx))
	}
	if err != nil {
		ds.log.Warn("exchanges cut at the end of the drain", "lb", d.unit.spec.loadBalancer,
			"listener", d.unit.spec.port, "protocol", d.unit.spec.protocol, "err", err)
	}
	ds.ended <- d
}

// remove forgets a drain that has ended.
func (ds *drains) remove(d *drain) {
	d.cut()
	delete(ds.open, d)
	if d.detached.IsValid() {
		return
	}
	owner := d.unit.spec.owner
	if ds.of[owner]--; ds.of[owner] == 0 {
		delete(ds.of, owner)
	}
}

// cut aborts the exchanges of all drains.
func (ds *drains) cut() {
	for d := range ds.open {
		d.cut()
	}
}

// needs adds the addresses that the exchanges use.
func (ds *drains) needs(addresses map[netip.Addr]bool) {
	for d := range ds.open {
		if d.detached.IsValid() {
			addresses[d.detached] = true
		} else {
			d.unit.needs(addresses)
		}
	}
}

// http3 reports whether an HTTPS listener drains whose HTTP/3 connections may still
// use the UDP port at.
func (ds *drains) http3(at netip.AddrPort) bool {
	for d := range ds.open {
		if d.drainsHTTP3(at) {
			return true
		}
	}
	return false
}

// drainsHTTP3 reports whether an HTTPS listener drains whose HTTP/3 connections may
// still use the UDP port at.
func (d *drain) drainsHTTP3(at netip.AddrPort) bool {
	s := &d.unit.spec
	return s.protocol == elb.HTTPS && s.address.Port() == at.Port() && (s.serves(at.Addr()) || d.detached == at.Addr())
}
