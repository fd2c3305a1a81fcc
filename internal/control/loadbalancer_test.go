package control_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"elbow/internal/elb"
	"elbow/internal/store"

	"github.com/google/go-cmp/cmp"
)

var newLoadBalancer = params{
	"EnsRegionId": "local", "LoadBalancerSpec": "elb.s1.small", "NetworkId": "n-default",
	"VSwitchId": "vsw-default", "PayType": "PostPaid",
}

// loadBalancer creates a load balancer and returns its id.
func (w *world) loadBalancer() string {
	w.t.Helper()
	return w.do("CreateLoadBalancer", newLoadBalancer).text("LoadBalancerId")
}

func (w *world) address(lb string) string {
	w.t.Helper()
	return w.do("DescribeLoadBalancerAttribute", params{"LoadBalancerId": lb}).text("Address")
}

func TestCreateLoadBalancer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.do("CreateLoadBalancer", newLoadBalancer.with(params{"LoadBalancerName": "front"}))
	id := a.text("LoadBalancerId")
	if !strings.HasPrefix(id, "lb-") {
		t.Errorf("id %q", id)
	}
	want := answer{"LoadBalancerId": id, "LoadBalancerName": "front", "NetworkId": "n-default", "VSwitchId": "vsw-default"}
	if diff := cmp.Diff(want, a); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	want = answer{
		"Address": "127.8.0.1", "AddressIPVersion": "ipv4", "AddressType": "intranet", "Bandwidth": -1.0,
		"CreateTime": "2026-03-27T12:00:00Z", "EndTime": "", "EnsRegionId": "local", "LoadBalancerId": id,
		"LoadBalancerName": "front", "LoadBalancerSpec": "elb.s1.small", "LoadBalancerStatus": "Active",
		"LoadBalancerType": "elb", "NetworkId": "n-default", "PayType": "PostPaid", "VSwitchId": "vsw-default",
		"ListenerPorts": []any{}, "BackendServers": []any{}, "ListenerPortsAndProtocols": []any{},
	}
	if diff := cmp.Diff(want, w.do("DescribeLoadBalancerAttribute", params{"LoadBalancerId": id})); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	if name := w.do("CreateLoadBalancer", newLoadBalancer).text("LoadBalancerName"); name == "" {
		t.Error("no name was made")
	}
}

func TestCreateLoadBalancerRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(func(tx *store.Tx) {
		store.Regions.Put(tx, elb.Region{ID: "other"})
		store.Networks.Put(tx, elb.Network{ID: "n-other", RegionID: "other"})
	})
	for _, tt := range []struct {
		change params
		want   string
	}{
		{params{"EnsRegionId": "nowhere"}, "InvalidEnsRegionId.NotFound"},
		{params{"NetworkId": "n-none"}, "InvalidNetworkId.NotFound"},
		{params{"NetworkId": "n-other"}, "InvalidNetworkId.NotFound"}, // of another region
		{params{"VSwitchId": "vsw-none"}, "InvalidVSwitchId.NotFound"},
		{params{"EnsRegionId": "other", "NetworkId": "n-other"}, "InvalidVSwitchId.NotFound"}, // of another network
		{params{"LoadBalancerSpec": "elb.huge"}, "InvalidLoadBalancerSpec"},
		{params{"PayType": "PrePaid"}, "InvalidPayType"},
		{params{"VSwitchId": ""}, "MissingVSwitchId"},
	} {
		w.refuse("CreateLoadBalancer", newLoadBalancer.with(tt.change), tt.want)
	}
}

// Each load balancer gets the next free address; a released one is free again.
func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		cidr string
		want []string
	}{
		{"127.8.0.0/29", []string{"127.8.0.1", "127.8.0.2", "127.8.0.3", "127.8.0.4", "127.8.0.5", "127.8.0.6"}},
		{"192.0.2.7/32", []string{"192.0.2.7"}},
		{"2001:db8::/127", []string{"2001:db8::", "2001:db8::1"}},
	} {
		t.Run(strings.NewReplacer("/", "_", ":", "_").Replace(tt.cidr), func(t *testing.T) {
			t.Parallel()
			w := newWorldIn(t, tt.cidr)
			var ids, got []string
			for range tt.want {
				id := w.loadBalancer()
				ids = append(ids, id)
				got = append(got, w.address(id))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("addresses (-want +got):\n%s", diff)
			}
			w.refuse("CreateLoadBalancer", newLoadBalancer, "InvalidVSwitchId.IpNotEnough")
			w.do("DeleteLoadBalancer", params{"LoadBalancerId": ids[0]})
			if got := w.address(w.loadBalancer()); got != tt.want[0] {
				t.Errorf("after a release: got %s, want %s", got, tt.want[0])
			}
		})
	}
}

// No two of many load balancers that are created concurrently share an address.
func TestConcurrentCreatesHaveAddressesOfTheirOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const callers = 30
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			if _, err := w.try(t.Context(), "CreateLoadBalancer", newLoadBalancer); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	all := w.do("DescribeLoadBalancers", params{"PageSize": "100"}).list("LoadBalancers", "LoadBalancer")
	addresses := texts(all, "Address")
	slices.Sort(addresses)
	if n := len(slices.Compact(addresses)); n != callers {
		t.Errorf("%d load balancers have %d addresses", callers, n)
	}
}

func TestClientToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := newLoadBalancer.with(params{"ClientToken": "t1", "LoadBalancerName": "front"})
	first := w.do("CreateLoadBalancer", p)
	w.do("ModifyLoadBalancerAttribute", params{"LoadBalancerId": first.text("LoadBalancerId"), "LoadBalancerName": "renamed"})
	if diff := cmp.Diff(first, w.do("CreateLoadBalancer", p)); diff != "" {
		t.Errorf("sent again (-first +second):\n%s", diff)
	}
	w.refuse("CreateLoadBalancer", p.with(params{"LoadBalancerName": "back"}), "IdempotentParameterMismatch")
	if second := w.do("CreateLoadBalancer", p.with(params{"ClientToken": "t2"})); second.text("LoadBalancerId") == first.text("LoadBalancerId") {
		t.Error("another token gave the same load balancer")
	}
}

// A refused call does not use its token up.
func TestClientTokenOfARefusedCall(t *testing.T) {
	t.Parallel()
	w := newWorldIn(t, "127.8.0.1/32")
	lb := w.loadBalancer()
	p := newLoadBalancer.with(params{"ClientToken": "t1"})
	w.refuse("CreateLoadBalancer", p, "InvalidVSwitchId.IpNotEnough")
	w.do("DeleteLoadBalancer", params{"LoadBalancerId": lb})
	w.do("CreateLoadBalancer", p)
}

// Of many concurrent calls with one token, one creates the load balancer and all
// return it.
func TestConcurrentCallsWithOneClientToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const callers = 10
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			if _, err := w.try(t.Context(), "CreateLoadBalancer", newLoadBalancer.with(params{"ClientToken": "t"})); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if all := w.do("DescribeLoadBalancers", nil).list("LoadBalancers", "LoadBalancer"); len(all) != 1 {
		t.Errorf("got %d load balancers, want 1", len(all))
	}
}

func TestDescribeLoadBalancers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var ids []string
	for i := range 12 {
		w.setTime(today.Add(time.Duration(i) * time.Minute))
		ids = append(ids, w.do("CreateLoadBalancer", newLoadBalancer.with(params{"LoadBalancerName": fmt.Sprint("name", i%3)})).text("LoadBalancerId"))
	}
	newest := slices.Clone(ids)
	slices.Reverse(newest)
	w.do("AddBackendServers", params{"LoadBalancerId": ids[4], "BackendServers": `[{"ServerId":"i-1","Ip":"10.0.0.1"}]`})
	w.do("SetLoadBalancerStatus", params{"LoadBalancerId": ids[5], "LoadBalancerStatus": "InActive"})
	for _, tt := range []struct {
		p     params
		want  []string
		total float64
	}{
		{nil, newest[:10], 12},
		{params{"PageNumber": "2"}, newest[10:], 12},
		{params{"NextToken": "2"}, newest[10:], 12},
		{params{"PageNumber": "3"}, nil, 12},
		{params{"PageSize": "100"}, newest, 12},
		{params{"LoadBalancerId": ids[7]}, ids[7:8], 1},
		{params{"LoadBalancerId": "lb-none"}, nil, 0},
		{params{"Address": "127.8.0.3"}, ids[2:3], 1},
		{params{"Address": "::ffff:127.8.0.3"}, ids[2:3], 1},
		{params{"Address": "127.8.0"}, nil, 0},
		{params{"LoadBalancerName": "name1"}, []string{ids[10], ids[7], ids[4], ids[1]}, 4},
		{params{"ServerId": "i-1"}, ids[4:5], 1},
		{params{"LoadBalancerStatus": "InActive"}, ids[5:6], 1},
		{params{"LoadBalancerType": "elb", "LoadBalancerId": ids[0]}, ids[:1], 1},
		{params{"LoadBalancerType": "slb"}, nil, 0},
		{params{"EnsRegionId": "other"}, nil, 0},
		{params{"EnsRegionIds.1": "other"}, nil, 0},
		{params{"EnsRegionIds.1": "other", "EnsRegionIds.2": "local"}, newest[:10], 12},
		{params{"NetworkId": "n-other"}, nil, 0},
		{params{"VSwitchId": "vsw-other"}, nil, 0},
		{params{"VSwitchId": "vsw-default", "NetworkId": "n-default", "LoadBalancerId": ids[3]}, ids[3:4], 1},
	} {
		a := w.do("DescribeLoadBalancers", tt.p)
		if diff := cmp.Diff(tt.want, texts(a.list("LoadBalancers", "LoadBalancer"), "LoadBalancerId")); diff != "" {
			t.Errorf("%v (-want +got):\n%s", tt.p, diff)
		}
		if a["TotalCount"] != tt.total {
			t.Errorf("%v: total %v, want %v", tt.p, a["TotalCount"], tt.total)
		}
	}
	if a := w.do("DescribeLoadBalancers", nil); a["NextToken"] != "2" {
		t.Errorf("first page: NextToken %v, want 2", a["NextToken"])
	}
	if a := w.do("DescribeLoadBalancers", params{"NextToken": "2"}); a["NextToken"] != nil {
		t.Errorf("last page: NextToken %v", a["NextToken"])
	}
	got := w.do("DescribeLoadBalancers", params{"LoadBalancerId": ids[0]}).list("LoadBalancers", "LoadBalancer")[0]
	want := answer{
		"Address": "127.8.0.1", "AddressIPVersion": "ipv4", "AddressType": "intranet", "CreateTime": "2026-03-27T12:00:00Z",
		"EnsRegionId": "local", "LoadBalancerId": ids[0], "LoadBalancerName": "name0", "LoadBalancerStatus": "Active",
		"LoadBalancerType": "elb", "NetworkId": "n-default", "PayType": "PostPaid", "VSwitchId": "vsw-default",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entry (-want +got):\n%s", diff)
	}
}

// Clients read an answer without LoadBalancerId as gone.
func TestDescribeLoadBalancerAttributeOfAnUnknownID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if a := w.do("DescribeLoadBalancerAttribute", params{"LoadBalancerId": "lb-none"}); len(a) != 0 {
		t.Errorf("got %v, want nothing but the gateway's RequestId", a)
	}
}

func TestDescribeLoadBalancerAttributeWithListenersAndBackends(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lb, id := w.loadBalancer(), w.certificate("web")
	w.do("AddBackendServers", params{"LoadBalancerId": lb, "BackendServers": `[{"ServerId":"i-1","Ip":"10.0.0.1","Port":"8080","Weight":"50"}]`})
	w.do("CreateLoadBalancerHTTPSListener", listener(lb, id).with(params{
		"ListenerForward": "on", "ForwardPort": "80", "Description": "web", "BackendServerPort": "8081",
	}))
	a := w.do("DescribeLoadBalancerAttribute", params{"LoadBalancerId": lb})
	for _, tt := range []struct {
		name string
		want any
	}{
		{"ListenerPorts", []any{"443"}},
		{"BackendServers", []any{map[string]any{"Ip": "10.0.0.1", "Port": "8080", "ServerId": "i-1", "Type": "ens", "Weight": 50.0}}},
		{"ListenerPortsAndProtocols", []any{map[string]any{
			"BackendServerPort": 8081.0, "Description": "web", "ForwardPort": 80.0, "ListenerForward": "on",
			"ListenerPort": 443.0, "ListenerProtocol": "https",
		}}},
	} {
		if diff := cmp.Diff(tt.want, a[tt.name]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestChangesOfALoadBalancer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lb := w.loadBalancer()
	w.do("ModifyLoadBalancerAttribute", params{"LoadBalancerId": lb, "LoadBalancerName": "renamed"})
	w.do("SetLoadBalancerStatus", params{"LoadBalancerId": lb, "LoadBalancerStatus": "InActive"})
	a := w.do("DescribeLoadBalancerAttribute", params{"LoadBalancerId": lb})
	if a.text("LoadBalancerName") != "renamed" || a.text("LoadBalancerStatus") != "InActive" {
		t.Errorf("got %v", a)
	}
	for action, p := range map[string]params{
		"ModifyLoadBalancerAttribute": {"LoadBalancerName": "renamed"},
		"SetLoadBalancerStatus":       {"LoadBalancerStatus": "Active"},
		"DeleteLoadBalancer":          {},
	} {
		w.refuse(action, p.with(params{"LoadBalancerId": "lb-none"}), "LoadBalancerNotFound")
	}
}

// A load balancer is released with its listeners, whatever its status.
func TestReleaseOfALoadBalancer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.certificate("web")
	for _, release := range []func(lb string) answer{
		func(lb string) answer { return w.do("DeleteLoadBalancer", params{"LoadBalancerId": lb}) },
		func(lb string) answer { return w.do("ReleaseInstance", params{"InstanceId": lb}) },
		func(lb string) answer {
			w.do("SetLoadBalancerStatus", params{"LoadBalancerId": lb, "LoadBalancerStatus": "InActive"})
			return w.do("ReleaseInstance", params{"InstanceId": lb})
		},
	} {
		lb := w.loadBalancer()
		w.do("CreateLoadBalancerHTTPSListener", listener(lb, id))
		a := release(lb)
		if kind, ok := a["ResourceType"]; ok && kind != "slb" {
			t.Errorf("ResourceType %v", kind)
		}
		if a := w.do("DescribeLoadBalancerAttribute", params{"LoadBalancerId": lb}); len(a) != 0 {
			t.Errorf("still there: %v", a)
		}
	}
	w.do("DeleteUserCertificate", params{"CertId": id}) // no listener uses it any more
}

func TestReleaseInstance(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lb := w.loadBalancer()
	w.refuse("ReleaseInstance", params{"InstanceId": "vsw-default"}, "IncorrectInstanceStatus")
	w.refuse("ReleaseInstance", params{"InstanceId": "n-default"}, "IncorrectInstanceStatus")
	w.refuse("ReleaseInstance", params{"InstanceId": "lb-none"}, "LoadBalancerNotFound")
	w.refuse("ReleaseInstance", params{"InstanceId": "eip-none"}, "5100")
	for _, id := range []string{"vsw-none", "n-none", "i-none", "none"} {
		w.refuse("ReleaseInstance", params{"InstanceId": id}, "InvalidInstanceId.NotFound")
	}
	for _, tt := range []struct{ id, kind string }{{lb, "slb"}, {"vsw-default", "vswitch"}, {"n-default", "network"}} {
		if got := w.do("ReleaseInstance", params{"InstanceId": tt.id}).text("ResourceType"); got != tt.kind {
			t.Errorf("%s: ResourceType %q, want %q", tt.id, got, tt.kind)
		}
	}
	if all := w.do("DescribeVSwitches", nil).list("VSwitches", "VSwitch"); len(all) != 0 {
		t.Errorf("the vSwitch is still there: %v", all)
	}
}

func TestDescribeLoadBalancerSpec(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if got := texts(w.do("DescribeLoadBalancerSpec", nil).list("LoadBalancerSpecs"), "LoadBalancerSpec"); !slices.Equal(got, elb.Specs) {
		t.Errorf("got %v, want %v", got, elb.Specs)
	}
	one := w.do("DescribeLoadBalancerSpec", params{"LoadBalancerSpec": "elb.s2.small"}).list("LoadBalancerSpecs")
	if len(one) != 1 || one[0].text("DisplayName") != "Standard I" {
		t.Errorf("got %v", one)
	}
	second := w.do("DescribeLoadBalancerSpec", params{"PageSize": "2", "PageNumber": "3"}).list("LoadBalancerSpecs")
	if len(second) != 1 {
		t.Errorf("the third page has %d entries, want 1", len(second))
	}
}
