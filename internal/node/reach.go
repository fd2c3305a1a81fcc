package node

import (
	"net"
	"net/netip"
	"slices"
	"sync/atomic"

	"elbow/internal/elb"
)

// ownSockets are those that this node listens on for operators and the API: no
// backend may be one of them, because a connection that a listener makes comes from
// this machine.
type ownSockets struct {
	all atomic.Pointer[[]netip.AddrPort]
}

// add notes a socket that is listened on. It is called by one goroutine at a time.
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

// newReach says where backends may be. What own lists it asks whenever it is asked.
func newReach(c Config, own *ownSockets) *elb.Reach {
	for _, address := range []string{c.API, c.Admin} { // before they are open
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
		return true // who does not know may not say that it is somebody else's
	}
	return slices.ContainsFunc(all, func(one net.Addr) bool {
		of, err := netip.ParsePrefix(one.String())
		return err == nil && of.Addr().Unmap() == a
	})
}
