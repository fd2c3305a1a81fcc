package reconcile

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"elbow/internal/elb"
	"elbow/internal/leak"
	"elbow/internal/store"
)

// newUDPServer starts a backend that answers each datagram with its name and the
// datagram.
func newUDPServer(t testing.TB, name string) elb.Backend {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		buf := make([]byte, 1500)
		for {
			n, from, err := c.ReadFromUDPAddrPort(buf)
			switch {
			case errors.Is(err, net.ErrClosed):
				return
			case err == nil:
				_, _ = c.WriteToUDPAddrPort(append([]byte(name), buf[:n]...), from)
			}
		}
	}()
	t.Cleanup(func() {
		_ = c.Close()
		<-ended
	})
	at := c.LocalAddr().(*net.UDPAddr).AddrPort()
	return elb.Backend{ServerID: "i-" + name, IP: at.Addr(), Port: int(at.Port()), Weight: 100}
}

// overUDP makes a listener one of UDP.
func overUDP(l *elb.Listener) {
	l.Protocol, l.CertificateID, l.EstablishedTimeout = elb.UDP, "", patience
}

// A udpClient is a socket that is connected to one address: the kernel hands it only
// what leaves from that address.
type udpClient struct {
	*net.UDPConn
	t testing.TB
}

func (s *site) dialUDP(port int) udpClient {
	s.t.Helper()
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(s.addr, uint16(port))))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = c.Close() })
	return udpClient{c, s.t}
}

// ask sends a datagram, again after a second without an answer, and returns the answer.
// Answers to datagrams sent before are passed over.
func (c udpClient) ask(text string) string {
	c.t.Helper()
	buf := make([]byte, 1500)
	for range 30 {
		_, _ = c.Write([]byte(text))
		_ = c.SetReadDeadline(time.Now().Add(time.Second))
		for {
			n, err := c.Read(buf)
			if err != nil {
				break
			}
			if strings.HasSuffix(string(buf[:n]), text) {
				return string(buf[:n])
			}
		}
	}
	c.t.Fatalf("no answer from %s", c.RemoteAddr())
	return ""
}

// unreachable checks that no socket of UDP has the port on the address of the site: the
// kernel answers a datagram with ICMP.
func (s *site) unreachable(port int) {
	s.t.Helper()
	c := s.dialUDP(port)
	_, _ = c.Write([]byte("?"))
	_ = c.SetReadDeadline(time.Now().Add(patience))
	if n, err := c.Read(make([]byte, 100)); !errors.Is(err, syscall.ECONNREFUSED) {
		s.t.Errorf("%s port %d: got %d bytes and %v, want a refusal", s.addr, port, n, err)
	}
}

// An EIP is a second address of a UDP listener too: answers leave from the address that
// was asked, sessions on the other addresses go on while EIPs come and go, and changes
// are followed on all of them.
func TestEIPOfUDPListener(t *testing.T) {
	leak.Check(t)
	s := newSite(t)
	s.run()
	s.backends(newUDPServer(t, "a"))
	k := s.listen(s.freePort(), overUDP)
	s.awaitNow(k, elb.Running)
	own := s.dialUDP(k.Port)
	if got := own.ask("1"); got != "a1" {
		t.Errorf("got %q", got)
	}

	eip, second := nextAddress(), nextAddress()
	s.eips(eip, second)
	s.awaitNow(k, elb.Running)
	onSecond := s.at(second).dialUDP(k.Port)
	for _, c := range []udpClient{s.at(eip).dialUDP(k.Port), onSecond, own} {
		if got := c.ask("2"); got != "a2" {
			t.Errorf("%s: got %q", c.RemoteAddr(), got)
		}
	}

	s.eips(second)
	s.awaitNow(k, elb.Running)
	s.at(eip).unreachable(k.Port)
	for _, c := range []udpClient{onSecond, own} {
		if got := c.ask("3"); got != "a3" {
			t.Errorf("%s: got %q after another EIP went", c.RemoteAddr(), got)
		}
	}

	s.backends(newUDPServer(t, "b"))
	s.awaitNow(k, elb.Running)
	for _, at := range []*site{s.at(second), s} {
		if got := at.dialUDP(k.Port).ask("4"); got != "b4" {
			t.Errorf("%s: a change of backends is not followed: got %q", at.addr, got)
		}
	}

	s.listener(k.Port, func(l *elb.Listener) { l.Started = false })
	s.awaitGone(k)
	s.at(second).unreachable(k.Port)
	s.unreachable(k.Port)
}

// An EIP passes from the UDP listener of one load balancer to that of another within one
// pass.
func TestEIPOfUDPListenerPassesOn(t *testing.T) {
	leak.Check(t)
	s := newSite(t)
	s.run()
	eip, other := nextAddress(), nextAddress()
	s.backends(newUDPServer(t, "a"))
	s.eips(eip)
	k := s.listen(s.freePort(), overUDP)
	l := newListener("lb-2", k.Port)
	overUDP(&l)
	b := newUDPServer(t, "b")
	s.change(func(d *store.Desired) {
		d.LoadBalancers = append(d.LoadBalancers, elb.LoadBalancer{ID: "lb-2", Status: elb.Active, Address: other, Backends: []elb.Backend{b}})
		d.Listeners = append(d.Listeners, l)
	})
	s.awaitNow(k, elb.Running)
	s.awaitNow(l.Key(), elb.Running)
	client := s.at(eip).dialUDP(k.Port) // a client that stays
	for range 10 {
		s.change(func(d *store.Desired) { d.LoadBalancers[0].EIPs, d.LoadBalancers[1].EIPs = nil, attached(eip) })
		s.awaitNow(l.Key(), elb.Running)
		if got := client.ask("q"); got != "bq" {
			t.Errorf("answered by %q, want b", got)
		}
		s.change(func(d *store.Desired) { d.LoadBalancers[0].EIPs, d.LoadBalancers[1].EIPs = attached(eip), nil })
		s.awaitNow(k, elb.Running)
		if got := client.ask("r"); got != "ar" {
			t.Errorf("answered by %q, want a", got)
		}
	}
}

// An EIP that no interface has is told by the status of a UDP listener, and the other
// addresses serve. If it is the load balancer's own address that is missing, the EIP
// serves alone.
func TestEIPOfUDPListenerThatNobodyHas(t *testing.T) {
	leak.Check(t)
	s := newSite(t)
	s.run()
	s.backends(newUDPServer(t, "a"))
	k := s.listen(s.freePort(), overUDP)
	eip := nextAddress()
	s.eips(nobodys, eip)
	got := s.awaitNow(k, elb.Configuring)
	if !strings.HasPrefix(got.Reason, "EIP 192.0.2.9: no interface of this machine has the address 192.0.2.9") || strings.Contains(got.Reason, eip.String()) {
		t.Errorf("reason %q", got.Reason)
	}
	for _, at := range []*site{s, s.at(eip)} {
		if got := at.dialUDP(k.Port).ask("1"); got != "a1" {
			t.Errorf("%s: got %q", at.addr, got)
		}
	}
	s.change(func(d *store.Desired) {
		d.LoadBalancers[0].Address, d.LoadBalancers[0].EIPs = nobodys, attached(eip)
	})
	got = s.awaitNow(k, elb.Configuring)
	if !strings.HasPrefix(got.Reason, "no interface of this machine has the address 192.0.2.9") {
		t.Errorf("reason %q", got.Reason)
	}
	if got := s.at(eip).dialUDP(k.Port).ask("2"); got != "a2" {
		t.Errorf("the EIP alone: got %q", got)
	}
	s.unreachable(k.Port)
	s.eips()
	s.awaitNow(k, elb.Starting)
	s.at(eip).unreachable(k.Port)
}
