package elbtest

import (
	"fmt"
	"io"
	"net"
	"testing"
)

// The addresses of a domain name are backends of TCP and UDP listeners, each with its
// own health, and follow DNS.
func TestTransportBackendsByDomainName(t *testing.T) {
	t.Parallel()
	server := newDNSServer(t)
	server.set("echo.test", "127.0.0.21", "127.0.0.22")
	addresses := []string{"127.0.0.21", "127.0.0.22"}
	all := listenOn(t, addresses...)
	port := portOf(all[0].Addr().String())
	for i, l := range all {
		go func() { // ends when the listener is closed
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = io.WriteString(c, addresses[i][len("127.0.0."):])
				_ = c.Close()
			}
		}()
		t.Cleanup(func() { _ = l.Close() })
	}
	s := NewSite(t, Start(t, Options{Args: []string{"-dns-servers", server.Address}}))
	w := &world{Client: s.Node.RPC()}
	w.must(t, "RegisterInstance", map[string]string{"InstanceId": "i-echo", "DomainName": "echo.test"}, nil)
	w.must(t, "AddBackendServers", map[string]string{"LoadBalancerId": s.LoadBalancerID, "BackendServers": `[{"ServerId":"i-echo","Port":"` + port + `"}]`}, nil)
	at := s.ListenOf(t, "TCP", map[string]string{"Scheduler": "rr"})
	answers := func(want ...string) {
		t.Helper()
		awaitBackends(t, func() (string, error) {
			c, err := net.Dial("tcp", at)
			if err != nil {
				return "", err
			}
			defer c.Close()
			text, _ := io.ReadAll(c) // a reset makes it another text
			return string(text), nil
		}, want...)
	}
	answers("21", "22")
	_ = all[0].Close() // its health check finds that out, and the other one goes on
	answers("22")
	server.set("echo.test", "127.0.0.21")
	Eventually(t, func() error {
		var out struct {
			BackendHealth []struct{ ServerID, Address, HealthStatus string }
		}
		w.must(t, "DescribeLoadBalancerTCPListenerAttribute", map[string]string{"LoadBalancerId": s.LoadBalancerID, "ListenerPort": portOf(at)}, &out)
		if len(out.BackendHealth) != 1 || out.BackendHealth[0].Address != net.JoinHostPort("127.0.0.21", port) || out.BackendHealth[0].HealthStatus != "unhealthy" {
			return fmt.Errorf("BackendHealth is %+v", out.BackendHealth)
		}
		return nil
	})

	udp := s.ListenOf(t, "UDP", map[string]string{"Scheduler": "rr", "HealthCheckReq": "ping", "HealthCheckExp": "pong"})
	for _, a := range []string{"127.0.0.23", "127.0.0.24"} {
		c, err := net.ListenPacket("udp", net.JoinHostPort(a, port))
		if err != nil {
			t.Skipf("the port of TCP is not free for UDP: %v", err)
		}
		t.Cleanup(func() { _ = c.Close() })
		go func() { // ends when the socket is closed
			buf := make([]byte, 1500)
			for {
				n, from, err := c.ReadFrom(buf)
				if err != nil {
					return
				}
				text := "pong"
				if string(buf[:n]) != "ping" {
					text = a
				}
				_, _ = c.WriteTo([]byte(text), from)
			}
		}()
	}
	server.set("echo.test", "127.0.0.23", "127.0.0.24")
	Eventually(t, func() error {
		if one, other := askUDP(t, udp, "q"), askUDP(t, udp, "q"); one == other {
			return fmt.Errorf("twice %s", one)
		}
		return nil
	})
}
