package elbtest

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/ens"
)

// The official SDK creates, changes, stops and deletes a listener that serves traffic.
func TestMainJob(t *testing.T) {
	t.Parallel()
	a, b, c := NewBackend(t, "a"), NewBackend(t, "b"), NewBackend(t, "c")
	s := NewSite(t, node(t), a, b, c)

	params := s.ListenerParams(map[string]string{"Scheduler": "rr"})
	if err := s.Create(params); err != nil {
		t.Fatalf("create: %v", err)
	}
	f := &Front{Site: s, Port: params["ListenerPort"]}
	if _, err := f.TryGet(f.Client(t, ""), "/"); err == nil {
		t.Error("a created listener serves before StartLoadBalancerListener")
	}
	f.AwaitState(t, "Stopped")

	if err := s.StartListener(f.Port); err != nil {
		t.Fatalf("start: %v", err)
	}
	f.AwaitState(t, "Running")
	if got := f.Spread(t, f.Client(t, ""), 30); got["a"] != 10 || got["b"] != 10 || got["c"] != 10 {
		t.Errorf("rr over 30 requests: %v, want 10 each", got)
	}
	if got := listed(t, s, f.Port); got.Status != "running" || got.Protocol != "https" {
		t.Errorf("DescribeLoadBalancerListeners: %+v, want a running https listener", got)
	}

	stop := Fill(ens.CreateStopLoadBalancerListenerRequest(), map[string]string{"LoadBalancerId": s.LoadBalancerID, "ListenerPort": f.Port})
	if _, err := s.ENS.StopLoadBalancerListener(stop); err != nil {
		t.Fatalf("stop: %v", err)
	}
	f.AwaitState(t, "Stopped")
	if _, err := f.TryGet(f.Client(t, ""), "/"); err == nil {
		t.Error("a stopped listener serves")
	}

	if err := s.StartListener(f.Port); err != nil {
		t.Fatalf("start again: %v", err)
	}
	f.AwaitState(t, "Running")
	if got := f.Get(t, f.Client(t, ""), "/").Status; got != http.StatusOK {
		t.Errorf("after a second start: status %d", got)
	}

	remove := Fill(ens.CreateDeleteLoadBalancerListenerRequest(), map[string]string{"LoadBalancerId": s.LoadBalancerID, "ListenerPort": f.Port})
	if _, err := s.ENS.DeleteLoadBalancerListener(remove); err != nil {
		t.Fatalf("delete a running listener: %v", err)
	}
	if _, err := s.Describe(f.Port); Code(err) != "ListenerNotFound" {
		t.Errorf("describe a deleted listener: %v, want ListenerNotFound", err)
	}
	Eventually(t, func() error {
		if a, err := f.TryGet(f.Client(t, ""), "/"); err == nil {
			return fmt.Errorf("a deleted listener answers %d", a.Status)
		}
		return nil
	})
}

// listed returns the entry of a port in DescribeLoadBalancerListeners.
func listed(t *testing.T, s *Site, port string) ens.ListenerInDescribeLoadBalancerListeners {
	t.Helper()
	request := Fill(ens.CreateDescribeLoadBalancerListenersRequest(), map[string]string{"LoadBalancerId": s.LoadBalancerID})
	found, err := s.ENS.DescribeLoadBalancerListeners(request)
	if err != nil {
		t.Fatalf("DescribeLoadBalancerListeners: %v", err)
	}
	for _, l := range found.Listeners.Listener {
		if l.ListenerPort == port {
			return l
		}
	}
	t.Fatalf("DescribeLoadBalancerListeners has no port %s: %+v", port, found.Listeners.Listener)
	return ens.ListenerInDescribeLoadBalancerListeners{}
}

// An inactive load balancer forwards nothing; when it is active again, it forwards as
// before.
func TestLoadBalancerStatus(t *testing.T) {
	t.Parallel()
	s := NewSite(t, node(t), NewBackend(t, "a"))
	f := s.Listen(t, nil)
	for _, status := range []string{"InActive", "Active"} {
		request := Fill(ens.CreateSetLoadBalancerStatusRequest(), map[string]string{"LoadBalancerId": s.LoadBalancerID, "LoadBalancerStatus": status})
		if _, err := s.ENS.SetLoadBalancerStatus(request); err != nil {
			t.Fatalf("SetLoadBalancerStatus %s: %v", status, err)
		}
		Eventually(t, func() error {
			_, err := f.TryGet(f.Client(t, ""), "/")
			if serves := err == nil; serves != (status == "Active") {
				return fmt.Errorf("%s, and serving is %t", status, serves)
			}
			return nil
		})
	}
}

// ReleaseInstance removes a load balancer with its listeners. Terraform and the Kubernetes
// controller can see that it does not exist any more.
func TestReleaseInstance(t *testing.T) {
	t.Parallel()
	s := NewSite(t, node(t), NewBackend(t, "a"))
	f := s.Listen(t, nil)
	request := ens.CreateReleaseInstanceRequest()
	request.InstanceId = s.LoadBalancerID
	released, err := s.ENS.ReleaseInstance(request)
	if err != nil {
		t.Fatalf("ReleaseInstance: %v", err)
	}
	if released.RequestId == "" {
		t.Error("ReleaseInstance answers no RequestId")
	}
	attribute := ens.CreateDescribeLoadBalancerAttributeRequest()
	attribute.LoadBalancerId = s.LoadBalancerID
	found, err := s.ENS.DescribeLoadBalancerAttribute(attribute)
	if err != nil || found.LoadBalancerId != "" {
		t.Errorf("describe after release: %q, %v; want a success without LoadBalancerId", found.LoadBalancerId, err)
	}
	Eventually(t, func() error {
		if _, err := f.TryGet(f.Client(t, ""), "/"); err == nil {
			return fmt.Errorf("the listener of a released load balancer answers")
		}
		return nil
	})
}
