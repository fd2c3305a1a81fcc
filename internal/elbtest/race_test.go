package elbtest

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/ens"
)

// Of two concurrent calls that create the same port one succeeds and one ends with
// ListenerAlreadyExists, however often this is repeated.
func TestRacingCreates(t *testing.T) {
	t.Parallel()
	s := NewSite(t, node(t), NewBackend(t, "a"))
	for range 20 {
		params := s.ListenerParams(nil)
		var codes [2]string
		var wg sync.WaitGroup
		for i := range codes {
			sdk := s.Node.SDK(t)
			wg.Go(func() { // ends with the answer
				_, err := sdk.ENS.CreateLoadBalancerHTTPSListener(Fill(ens.CreateCreateLoadBalancerHTTPSListenerRequest(), params))
				codes[i] = Code(err)
			})
		}
		wg.Wait()
		slices.Sort(codes[:])
		if codes != [2]string{"", "ListenerAlreadyExists"} {
			t.Errorf("port %s: %q", params["ListenerPort"], codes)
		}
	}
}

// Load balancers that are created at the same time get different addresses.
func TestRacingAddresses(t *testing.T) {
	t.Parallel()
	n := node(t)
	const count = 8
	var ids [count]string
	var wg sync.WaitGroup
	for i := range count {
		sdk := n.SDK(t)
		wg.Go(func() { // ends with the answer
			made, err := sdk.ENS.CreateLoadBalancer(Fill(ens.CreateCreateLoadBalancerRequest(), LoadBalancerParams()))
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = made.LoadBalancerId
		})
	}
	wg.Wait()
	seen := make(map[string]string)
	for _, id := range ids {
		request := ens.CreateDescribeLoadBalancerAttributeRequest()
		request.LoadBalancerId = id
		found, err := n.SDK(t).ENS.DescribeLoadBalancerAttribute(request)
		if err != nil {
			t.Fatal(err)
		}
		if other, taken := seen[found.Address]; taken || found.Address == "" {
			t.Errorf("%s and %s have the address %q", id, other, found.Address)
		}
		seen[found.Address] = id
	}
}

// A ClientToken creates one load balancer, however often and however concurrently the call
// is sent.
func TestClientToken(t *testing.T) {
	t.Parallel()
	n := node(t)
	const count = 8
	var ids [count]string
	var wg sync.WaitGroup
	for i := range count {
		sdk := n.SDK(t)
		wg.Go(func() { // ends with the answer
			params := with(LoadBalancerParams(), "ClientToken", "token of "+t.Name())
			params["ClientToken"] = strings.ReplaceAll(params["ClientToken"], " ", "-")
			made, err := sdk.ENS.CreateLoadBalancer(Fill(ens.CreateCreateLoadBalancerRequest(), params))
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = made.LoadBalancerId
		})
	}
	wg.Wait()
	if got := slices.Compact(ids[:]); len(got) != 1 {
		t.Errorf("one token made %q", got)
	}
}
