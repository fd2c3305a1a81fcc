package control_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"elbow/internal/api"
	"elbow/internal/elb"
	"elbow/internal/store"

	"github.com/google/go-cmp/cmp"
)

func (w *world) network(cidr string) string {
	w.t.Helper()
	return w.do("CreateNetwork", params{"EnsRegionId": "local", "CidrBlock": cidr}).text("NetworkId")
}

func (w *world) vSwitch(network, cidr string) string {
	w.t.Helper()
	return w.do("CreateVSwitch", params{"EnsRegionId": "local", "NetworkId": network, "CidrBlock": cidr}).text("VSwitchId")
}

// The life of a network and a vSwitch, with a load balancer and a server in them.
func TestNetworkAndVSwitch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	network := w.do("CreateNetwork", params{"EnsRegionId": "local", "CidrBlock": "192.168.0.0/16", "NetworkName": "edge", "Description": "of the shop"}).text("NetworkId")
	vSwitch := w.do("CreateVSwitch", params{"EnsRegionId": "local", "NetworkId": network, "CidrBlock": "192.168.2.0/24", "VSwitchName": "front"}).text("VSwitchId")
	lb := w.do("CreateLoadBalancer", params{
		"EnsRegionId": "local", "LoadBalancerSpec": "elb.s1.small", "NetworkId": network, "VSwitchId": vSwitch, "PayType": "PostPaid",
	}).text("LoadBalancerId")
	if got := w.do("DescribeLoadBalancerAttribute", params{"LoadBalancerId": lb}).text("Address"); got != "192.168.2.1" {
		t.Errorf("address %s, want the first of the vSwitch", got)
	}
	w.do("RegisterInstance", params{"InstanceId": "i-web", "PrivateIpAddress": "192.168.2.77", "NetworkId": network, "VSwitchId": vSwitch})
	ids := func(name string, all ...any) map[string]any {
		if all == nil {
			all = []any{}
		}
		return map[string]any{name: all}
	}
	members := answer{
		"HaVipIds": ids("HaVipId"), "InstanceIds": ids("InstanceId", "i-web"), "LoadBalancerIds": ids("LoadBalancerId", lb),
		"NatGatewayIds": ids("NatGatewayId"), "NetworkInterfaceIds": ids("NetworkInterfaceId", "eni-web"),
	}
	want := answer{
		"AvailableIpAddressCount": 253.0, "CidrBlock": "192.168.2.0/24", "CreatedTime": "2026-03-27T12:00:00Z", "Description": "",
		"EnsRegionId": "local", "NetworkId": network, "Status": "Available", "VSwitchId": vSwitch, "VSwitchName": "front", "Tags": ids("Tag"),
	}
	for name, value := range members {
		want[name] = value
	}
	if diff := cmp.Diff(want, w.do("DescribeVSwitchAttributes", params{"VSwitchId": vSwitch})); diff != "" {
		t.Errorf("vSwitch (-want +got):\n%s", diff)
	}
	got := w.do("DescribeNetworkAttribute", params{"NetworkId": network})
	for name, value := range members {
		if diff := cmp.Diff(value, got[name]); diff != "" {
			t.Errorf("network, %s (-want +got):\n%s", name, diff)
		}
	}
	if got.text("Status") != "Available" || got.text("NetworkName") != "edge" || got.text("Description") != "of the shop" || got.text("CidrBlock") != "192.168.0.0/16" {
		t.Errorf("got %v", got)
	}

	w.refuse("DeleteNetwork", params{"NetworkId": network}, "IncorrectInstanceStatus")
	w.refuse("DeleteVSwitch", params{"VSwitchId": vSwitch}, "IncorrectInstanceStatus")
	w.do("DeleteLoadBalancer", params{"LoadBalancerId": lb})
	w.refuse("DeleteVSwitch", params{"VSwitchId": vSwitch}, "IncorrectInstanceStatus") // the server
	w.refuse("ReleaseInstance", params{"InstanceId": vSwitch}, "IncorrectInstanceStatus")
	w.do("DeregisterInstance", params{"InstanceId": "i-web"})
	w.do("DeleteVSwitch", params{"VSwitchId": vSwitch})
	w.do("DeleteNetwork", params{"NetworkId": network})
	w.refuse("DescribeVSwitchAttributes", params{"VSwitchId": vSwitch}, "InvalidVSwitchId.NotFound")
	w.refuse("DescribeNetworkAttribute", params{"NetworkId": network}, "InvalidNetworkId.NotFound")
	w.refuse("DeleteVSwitch", params{"VSwitchId": vSwitch}, "InvalidVSwitchId.NotFound")
	w.refuse("DeleteNetwork", params{"NetworkId": network}, "InvalidNetworkId.NotFound")
}

// A network with a registered server cannot be deleted, even without a vSwitch.
func TestNetworkOfAServerStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	network := w.network("10.1.0.0/16")
	w.put(func(tx *store.Tx) { store.Instances.Put(tx, elb.Instance{ID: "i-1", NetworkID: network}) })
	w.refuse("DeleteNetwork", params{"NetworkId": network}, "IncorrectInstanceStatus")
}

// Modify keeps absent fields and clears empty ones, as Terraform sends them.
func TestModifyNetworkAndVSwitch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	network := w.do("CreateNetwork", params{"EnsRegionId": "local", "CidrBlock": "10.1.0.0/16", "NetworkName": "edge", "Description": "of the shop"}).text("NetworkId")
	vSwitch := w.do("CreateVSwitch", params{"EnsRegionId": "local", "NetworkId": network, "CidrBlock": "10.1.0.0/24", "VSwitchName": "edge", "Description": "of the shop"}).text("VSwitchId")
	for _, of := range []struct{ modify, describe, id, value, name string }{
		{"ModifyNetworkAttribute", "DescribeNetworkAttribute", "NetworkId", network, "NetworkName"},
		{"ModifyVSwitchAttribute", "DescribeVSwitchAttributes", "VSwitchId", vSwitch, "VSwitchName"},
	} {
		for _, tt := range []struct {
			p                 params
			name, description string
		}{
			{params{}, "edge", "of the shop"},
			{params{of.name: "new"}, "new", "of the shop"},
			{params{"Description": "another"}, "new", "another"},
			{params{of.name: "", "Description": ""}, "", ""},
		} {
			w.do(of.modify, tt.p.with(params{of.id: of.value}))
			got := w.do(of.describe, params{of.id: of.value})
			if got.text(of.name) != tt.name || got.text("Description") != tt.description {
				t.Errorf("%s %v: got %q, %q", of.modify, tt.p, got.text(of.name), got.text("Description"))
			}
		}
	}
}

// The allowed ranges of a vSwitch depend on its network and on other vSwitches.
func TestRangesOfVSwitches(t *testing.T) {
	t.Parallel()
	w := newWorldIn(t, "127.8.0.0/24")
	w.do("ReleaseInstance", params{"InstanceId": "vsw-default"})
	network, other := w.network("10.0.0.0/8"), w.network("10.1.0.0/16")
	for _, tt := range []struct {
		network, cidr string
		want          string // the code of the error
		why           string // required text of the error
	}{
		{network, "10.1.0.0/16", "", ""},
		{network, "10.1.0.0/24", "InvalidParameter.CidrBlock", "has addresses of it"}, // part of another
		{network, "10.1.0.0/16", "InvalidParameter.CidrBlock", "has addresses of it"}, // the same
		{other, "10.1.2.0/24", "InvalidParameter.CidrBlock", "has addresses of it"},   // of another network
		{network, "10.0.0.0/15", "InvalidCidrBlock", "from 16 to 29"},
		{network, "10.2.0.0/30", "InvalidCidrBlock", "from 16 to 29"},
		{network, "10.2.0.0/29", "", ""},
		{network, "10.2.0.8/29", "", ""}, // beside it
		{network, "192.168.0.0/24", "InvalidParameter.CidrBlock", "10.0.0.0/8"},
		{other, "10.2.9.0/24", "InvalidParameter.CidrBlock", "10.1.0.0/16"},
		{other, "10.0.0.0/16", "InvalidParameter.CidrBlock", "10.1.0.0/16"},
		{network, "2001:db8::/64", "InvalidParameter.CidrBlock", "10.0.0.0/8"},
		{"", "127.8.0.128/25", "", ""}, // in the network of the first start
		{"", "10.3.0.0/24", "InvalidParameter.CidrBlock", "127.8.0.0/24"},
	} {
		_, err := w.try(t.Context(), "CreateVSwitch", params{"EnsRegionId": "local", "NetworkId": tt.network, "CidrBlock": tt.cidr})
		if tt.want == "" && err == nil {
			continue
		}
		e, ok := errors.AsType[*api.Error](err)
		if !ok || e.Code != tt.want || !strings.Contains(e.Reason, tt.why) {
			t.Errorf("%s in %s: got %v, want %s with %q", tt.cidr, tt.network, err, tt.want, tt.why)
		}
	}
}

// The first start's vSwitch may be one address. It can be created again after it
// was deleted.
func TestVSwitchOfOneAddressAgain(t *testing.T) {
	t.Parallel()
	for _, cidr := range []string{"192.0.2.7/32", "2001:db8::7/128", "2001:db8::/64"} {
		w := newWorldIn(t, cidr)
		w.do("DeleteVSwitch", params{"VSwitchId": "vsw-default"})
		w.vSwitch("n-default", cidr)
	}
}

// Of many concurrent calls for the same range one succeeds.
func TestConcurrentCreateVSwitch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	network := w.network("10.0.0.0/8")
	var wg sync.WaitGroup
	made := make(chan string, 8)
	for _, cidr := range []string{"10.1.0.0/16", "10.1.0.0/17", "10.1.0.0/24", "10.1.0.0/29", "10.1.0.0/16", "10.1.0.0/17", "10.1.0.0/24", "10.1.0.0/29"} {
		wg.Go(func() {
			if _, err := w.try(t.Context(), "CreateVSwitch", params{"EnsRegionId": "local", "NetworkId": network, "CidrBlock": cidr}); err == nil {
				made <- cidr
			}
		})
	}
	wg.Wait()
	if close(made); len(made) != 1 {
		t.Errorf("%d of 8 overlapping vSwitches were made", len(made))
	}
}
