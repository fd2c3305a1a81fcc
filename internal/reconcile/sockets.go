package reconcile

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"

	"elbow/internal/proxy"
)

// open opens the socket of a unit on one of its addresses.
func (a *applier) open(u *unit, d *spec, ip netip.Addr) error {
	at := netip.AddrPortFrom(ip, d.address.Port())
	listen, c, err := a.plane.prepare(u, d, ip != d.address.Addr())
	if err != nil {
		return err
	}
	socket, err := listen(at)
	if errors.Is(err, syscall.EADDRNOTAVAIL) && a.addresses != nil {
		if err = a.addresses.Assign(ip); err == nil {
			socket, err = listen(at)
		}
	}
	switch {
	case err != nil && ip != d.address.Addr():
		return fmt.Errorf("EIP %s: %w", ip, a.explain(d, at, err))
	case err != nil:
		return a.explain(d, at, err)
	}
	if u.sockets == nil {
		u.sockets = make(map[netip.Addr]front, 1)
	}
	u.sockets[ip] = socket
	if !u.open {
		u.open = true
		u.follow(d, c)
	}
	a.log.Info("listener open", "lb", d.loadBalancer, "listener", d.port, "protocol", d.protocol, "address", at, "rev", a.revision)
	return nil
}

// explain adds to the error of a socket of d what keeps the address in use: HTTP/3
// connections of an HTTPS listener that drains, or what advise says.
func (a *applier) explain(d *spec, at netip.AddrPort, err error) error {
	if d.key.udp && errors.Is(err, syscall.EADDRINUSE) && a.drains.http3(at) {
		return fmt.Errorf("HTTP/3 connections of an HTTPS listener on %s still drain: "+
			"the port is free when they have ended, after -drain-timeout at the latest: %w", at, err)
	}
	return advise(at, err)
}

// swap makes all sockets of the unit use c.
func (u *unit) swap(c *proxy.Config) {
	u.config = c
	for _, socket := range u.sockets {
		socket.(*proxy.Listener).Swap(c)
	}
}

// detach closes the socket of a unit on the address of an EIP and lets its
// exchanges complete. When it returns, the address and port are free.
func (a *applier) detach(k key, eip netip.Addr) {
	u := a.running[k]
	socket := u.sockets[eip]
	delete(u.sockets, eip)
	u.open = len(u.sockets) > 0
	socket.Close()
	a.log.Info("listener closed", "lb", k.loadBalancer, "listener", k.port, "protocol", u.spec.protocol, "address", netip.AddrPortFrom(eip, uint16(k.port)), "rev", a.revision)
	a.drains.start(&drain{unit: u, detached: eip, sockets: []front{socket}})
}

// needs adds the addresses that a unit serves on, and its own, on which it may
// serve soon.
func (u *unit) needs(addresses map[netip.Addr]bool) {
	addresses[u.spec.address.Addr()] = true
	for at := range u.sockets {
		addresses[at] = true
	}
}
