package node

import (
	"net"
	"net/netip"
	"slices"
	"sync/atomic"

	"elbow/internal/elb"
)

// ownSockets are those on which this node serves operators and the API. None of them may
// be a backend, because a connection from a listener would come from this machine.
type ownSockets struct {
	all atomic.Pointer[[]netip.AddrPort]
}

// add records a listening socket. It is called by one goroutine at a time.
func (o *ownSockets) add(at net.Addr) {
	tcp, ok := at.(*net.TCPAddr)
	if !ok || tcp.Port == 0 {
		return
	}
	all := append(slices.Clone(o.list()), tcp.AddrPort())
	o.all.Store(&all)
}

func (o *ownSockets) list() []netip.AddrPort {
	if all := o.all.Load(); all != nil {
		return *all
	}
	return nil
}

// newReach returns the networks in which backends may be. It reads own on each call.
func newReach(c Config, own *ownSockets) *elb.Reach {
	for _, address := range []string{c.API, c.Admin} { // before their sockets are open
		if at, err := net.ResolveTCPAddr("tcp", address); err == nil {
			own.add(at)
		}
	}
	return &elb.Reach{Networks: c.BackendNetworks, Own: own.list, Local: hasAddress}
}

// hasAddress reports whether an interface of this machine has an address.
func hasAddress(a netip.Addr) bool {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return true // if unknown, the address counts as one of this machine
	}
	return slices.ContainsFunc(all, func(one net.Addr) bool {
		of, err := netip.ParsePrefix(one.String())
		return err == nil && of.Addr().Unmap() == a
	})
}
