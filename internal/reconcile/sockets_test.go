package reconcile

import (
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"elbow/internal/elb"
	"elbow/internal/leak"
	"elbow/internal/store"
)

// eips gives lb-1 the addresses as its EIPs.
func (s *site) eips(all ...netip.Addr) {
	s.change(func(d *store.Desired) { d.LoadBalancers[0].EIPs = attached(all...) })
}

func attached(all ...netip.Addr) (eips []elb.AttachedEIP) {
	for _, a := range all {
		eips = append(eips, elb.AttachedEIP{ID: "eip-" + a.String(), Address: a})
	}
	return eips
}

// at is the site as a client of another address sees it.
func (s *site) at(address netip.Addr) *site {
	return &site{t: s.t, addr: address}
}

// awaitNow waits until a listener has the state, as of the last change.
func (s *site) awaitNow(k elb.ListenerKey, want elb.ListenerState) elb.ListenerStatus {
	s.t.Helper()
	revision := s.Desired().Revision
	return s.await(k, string(want), func(status elb.ListenerStatus, there bool) bool {
		return there && status.State == want && status.Revision >= revision
	})
}

// refuses checks that nobody listens on a port of an address.
func (s *site) refuses(address netip.Addr, port int) {
	s.t.Helper()
	c, err := net.Dial("tcp", net.JoinHostPort(address.String(), strconv.Itoa(port)))
	if err == nil {
		c.Close()
		s.t.Errorf("%s port %d is still open", address, port)
	}
}

// An EIP is a second address of a whole listener: it is added and removed without
// affecting the first one, follows changes, and exchanges in flight on it complete.
func TestEIPIsASecondAddress(t *testing.T) {
	leak.Check(t)
	s := newSite(t)
	s.run()
	a, b := newServer(t, "a"), newServer(t, "b")
	s.backends(a.Backend)
	k := s.listen(s.freePort())
	s.awaitState(k, elb.Running)
	own := s.client()
	s.get(own, k.Port)

	eip, second := nextAddress(), nextAddress()
	s.eips(eip, second)
	s.awaitNow(k, elb.Running)
	for _, address := range []netip.Addr{eip, second} {
		if got := s.at(address).get(s.client(), k.Port); got != "a" {
			t.Errorf("%s: answered by %q", address, got)
		}
	}
	conns := a.conns.Load()
	s.get(own, k.Port)
	if a.conns.Load() != conns {
		t.Error("the connection on the own address is another one")
	}

	slow := s.client()
	res, err := slow.Get(s.at(eip).url(k.Port) + "slow")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	s.eips(second)
	s.awaitNow(k, elb.Running)
	s.refuses(eip, k.Port)
	close(a.hold)
	if text, err := io.ReadAll(res.Body); err != nil || string(text) != "begin a" {
		t.Errorf("the exchange on the removed EIP: %q, %v", text, err)
	}

	s.backends(b.Backend)
	s.change(func(d *store.Desired) { d.Certificates["2"] = newCertificate(t, "two.test") })
	s.listener(k.Port, func(l *elb.Listener) { l.CertificateID = "2" })
	s.awaitState(k, elb.Running)
	if got := s.at(second).get(s.client(), k.Port); got != "b" {
		t.Errorf("on the EIP a change of backends is not seen: %q", got)
	}
	if got := s.at(second).commonName(k.Port); got != "two.test" {
		t.Errorf("on the EIP the certificate is that of %s", got)
	}

	s.listener(k.Port, func(l *elb.Listener) { l.Started = false })
	s.awaitGone(k)
	s.refuses(second, k.Port)
	s.refuses(s.addr, k.Port)
}

// An EIP passes from one load balancer to another within one pass.
func TestEIPPassesOn(t *testing.T) {
	leak.Check(t)
	s := newSite(t)
	s.run()
	a, b := newServer(t, "a"), newServer(t, "b")
	eip, other := nextAddress(), nextAddress()
	s.backends(a.Backend)
	s.eips(eip)
	k := s.listen(s.freePort())
	l := newListener("lb-2", k.Port)
	s.change(func(d *store.Desired) {
		d.LoadBalancers = append(d.LoadBalancers, elb.LoadBalancer{ID: "lb-2", Status: elb.Active, Address: other, Backends: []elb.Backend{b.Backend}})
		d.Listeners = append(d.Listeners, l)
	})
	s.awaitNow(k, elb.Running)
	s.awaitNow(l.Key(), elb.Running)
	for range 10 {
		s.change(func(d *store.Desired) { d.LoadBalancers[0].EIPs, d.LoadBalancers[1].EIPs = nil, attached(eip) })
		s.awaitNow(l.Key(), elb.Running)
		if got := s.at(eip).get(s.client(), k.Port); got != "b" {
			t.Errorf("answered by %q, want b", got)
		}
		s.change(func(d *store.Desired) { d.LoadBalancers[0].EIPs, d.LoadBalancers[1].EIPs = attached(eip), nil })
		s.awaitNow(k, elb.Running)
		if got := s.at(eip).get(s.client(), k.Port); got != "a" {
			t.Errorf("answered by %q, want a", got)
		}
	}
}

// nobodys is an address that no machine has (RFC 5737).
var nobodys = netip.MustParseAddr("192.0.2.9")

// An EIP that cannot be served is told by the status, and takes nothing from the other
// addresses: neither another EIP, nor what changes.
func TestEIPOfNobody(t *testing.T) {
	leak.Check(t)
	s := newSite(t)
	s.run()
	s.backends(newServer(t, "a").Backend)
	k := s.listen(s.freePort())
	eip := nextAddress()
	s.eips(nobodys, eip)
	got := s.awaitNow(k, elb.Configuring)
	if !strings.HasPrefix(got.Reason, "EIP 192.0.2.9: no interface of this machine has the address 192.0.2.9") || strings.Contains(got.Reason, eip.String()) {
		t.Errorf("reason %q", got.Reason)
	}
	s.backends(newServer(t, "b").Backend)
	s.listener(k.Port, func(l *elb.Listener) { l.Description = "changed" })
	s.awaitNow(k, elb.Configuring)
	for _, address := range []netip.Addr{s.addr, eip} {
		if got := s.at(address).get(s.client(), k.Port); got != "b" {
			t.Errorf("%s: answered by %q, want b", address, got)
		}
	}
	s.eips(eip)
	if got := s.awaitNow(k, elb.Running); got.Reason != "" {
		t.Errorf("reason %q", got.Reason)
	}
}

// A load balancer whose own address no interface has serves on its EIP: so it is where
// the networks are those of a cloud and the EIP is the machine's address.
func TestEIPAlone(t *testing.T) {
	leak.Check(t)
	s := newSite(t)
	port := s.freePort()
	eip := s.addr
	s.run()
	s.change(func(d *store.Desired) { d.LoadBalancers[0].Address = nobodys })
	s.backends(newServer(t, "a").Backend)
	k := s.listen(port)
	s.awaitNow(k, elb.Starting)
	for range 3 {
		s.eips(eip)
		if got := s.awaitNow(k, elb.Configuring); !strings.HasPrefix(got.Reason, "no interface of this machine has the address 192.0.2.9") {
			t.Errorf("reason %q", got.Reason)
		}
		if got := s.get(s.client(), k.Port); got != "a" {
			t.Errorf("answered by %q", got)
		}
		s.eips()
		s.awaitNow(k, elb.Starting)
		s.refuses(eip, k.Port)
	}
	s.eips(eip)
	s.awaitNow(k, elb.Configuring)
	s.change(func(d *store.Desired) { d.LoadBalancers[0].Address = nextAddress() })
	s.awaitNow(k, elb.Running)
	s.get(s.client(), k.Port)
}
