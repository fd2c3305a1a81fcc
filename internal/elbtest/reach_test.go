package elbtest

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"elbow/internal/api"
	"elbow/internal/rpc"
)

// A user who may add backends cannot make the node's own sockets, metadata services or
// invalid hosts reachable, by any operation that adds backends.
func TestBackendsThatAreNone(t *testing.T) {
	t.Parallel()
	s := NewSite(t, Start(t, Options{}))
	w := &world{Client: s.Node.RPC()}
	for _, at := range []string{s.Node.API, s.Node.Admin, "169.254.169.254:80", "0.0.0.0:80", "224.0.0.1:80", "[fe80::1]:80", "[::]:80", "100.100.100.200:80"} {
		host, port, err := net.SplitHostPort(at)
		if err != nil {
			t.Fatal(err)
		}
		for _, spelling := range []string{host, "::ffff:" + host} {
			if strings.Contains(host, ":") && spelling != host {
				continue
			}
			_, err := patient(t, w.Client, operation(t, "AddBackendServers"), map[string]string{
				"LoadBalancerId": s.LoadBalancerID, "BackendServers": `[{"ServerId":"i-1","Ip":"` + spelling + `","Port":"` + port + `"}]`,
			})
			if e, ok := errors.AsType[*rpc.Error](err); !ok || e.Code != "InvalidIp" && e.Code != "InvalidPort" {
				t.Errorf("%s port %s: got %v", spelling, port, err)
			}
		}
	}
}

// Backends that were added before the operator restricted the networks are not used any
// more if they are outside of them, and their status says so.
func TestStoredBackendsOutsideOfTheNetworks(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{})
	b := NewBackend(t, "a")
	s := NewSite(t, n, b)
	front := s.Listen(t, map[string]string{"HealthCheck": "on", "HealthCheckURI": ProbePath, "HealthCheckInterval": "1"})
	client := front.Client(t, "")
	if got := front.Get(t, client, "/"); got.Status != http.StatusOK {
		t.Fatalf("got %+v", got)
	}
	n.Stop(t)
	n.Args = append(n.Args, "-backend-networks", "10.0.0.0/8")
	n = n.Again(t)
	front.Node, front.SDK = n, n.SDK(t)
	front.AwaitState(t, "Running")
	seen := b.Requests()
	if got := front.Get(t, client, "/"); got.Status != http.StatusServiceUnavailable || b.Requests() != seen {
		t.Errorf("got %+v, %d requests more at the backend", got, b.Requests()-seen)
	}
	w := &world{Client: n.RPC()}
	Eventually(t, func() error {
		var got api.DescribeLoadBalancerHTTPSListenerAttributeOutput
		w.must(t, "DescribeLoadBalancerHTTPSListenerAttribute", map[string]string{"LoadBalancerId": s.LoadBalancerID, "ListenerPort": front.Port}, &got)
		if len(got.BackendHealth) != 1 || got.BackendHealth[0].HealthStatus != "unhealthy" || !strings.Contains(got.BackendHealth[0].Reason, "the operator allows") {
			return fmt.Errorf("backend health %+v", got.BackendHealth)
		}
		return nil
	})
}

// A backend on a port that one of the node's own sockets uses later is not used any more:
// it gets neither requests nor health checks.
func TestBackendBecomesTheNodesOwnSocket(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{})
	s := NewSite(t, n)
	admin := FreeAddress(t, "127.0.0.1")
	_, port, err := net.SplitHostPort(admin)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Client: n.RPC()}
	w.must(t, "AddBackendServers", map[string]string{
		"LoadBalancerId": s.LoadBalancerID, "BackendServers": `[{"ServerId":"i-1","Ip":"::ffff:127.0.0.1","Port":"` + port + `"}]`,
	}, nil)
	front := s.Listen(t, map[string]string{"HealthCheck": "on", "HealthCheckURI": "/metrics", "HealthCheckInterval": "1"})
	n.Stop(t)
	n.Args = append(n.Args, "-admin", admin)
	n = n.Again(t)
	front.Node, front.SDK = n, n.SDK(t)
	front.AwaitState(t, "Running")
	for _, path := range []string{"/metrics", "/debug/pprof/cmdline", "/healthz"} {
		if got := front.Get(t, front.Client(t, ""), path); got.Status != http.StatusServiceUnavailable {
			t.Errorf("%s through a listener: %d %.100s", path, got.Status, got.Body)
		}
	}
	w = &world{Client: n.RPC()}
	var got api.DescribeLoadBalancerHTTPSListenerAttributeOutput
	w.must(t, "DescribeLoadBalancerHTTPSListenerAttribute", map[string]string{"LoadBalancerId": s.LoadBalancerID, "ListenerPort": front.Port}, &got)
	if len(got.BackendHealth) != 1 || got.BackendHealth[0].HealthStatus != "unhealthy" || !strings.Contains(got.BackendHealth[0].Reason, "socket of this node") {
		t.Errorf("backend health %+v", got.BackendHealth)
	}
}
