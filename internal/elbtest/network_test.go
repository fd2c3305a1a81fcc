package elbtest

import (
	"errors"
	"strings"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/ens"
)

// The official SDK creates a network and a vSwitch as the Terraform provider does. Each is
// Available at the first read, has exactly the attributes that were set, and is absent
// from lists after its deletion. A load balancer on them serves.
func TestNetworkBySDK(t *testing.T) {
	t.Parallel()
	n := node(t)
	sdk := n.SDK(t).ENS
	vSwitch := freeVSwitch() // the whole network
	createNetwork := ens.CreateCreateNetworkRequest()
	createNetwork.EnsRegionId, createNetwork.CidrBlock, createNetwork.NetworkName = "local", vSwitch, "edge"
	made, err := sdk.CreateNetwork(createNetwork)
	if err != nil || !strings.HasPrefix(made.NetworkId, "n-") {
		t.Fatalf("%+v, %v", made, err)
	}
	networks := ens.CreateDescribeNetworksRequest()
	networks.NetworkId = made.NetworkId
	if got, err := sdk.DescribeNetworks(networks); err != nil || len(got.Networks.Network) != 1 || got.Networks.Network[0].Status != "Available" ||
		got.Networks.Network[0].NetworkName != "edge" || got.Networks.Network[0].Description != "" || got.Networks.Network[0].CidrBlock != vSwitch {
		t.Errorf("DescribeNetworks: %+v, %v", got, err)
	}

	createVSwitch := ens.CreateCreateVSwitchRequest()
	createVSwitch.EnsRegionId, createVSwitch.NetworkId, createVSwitch.CidrBlock = "local", made.NetworkId, vSwitch
	inside, err := sdk.CreateVSwitch(createVSwitch)
	if err != nil || !strings.HasPrefix(inside.VSwitchId, "vsw-") {
		t.Fatalf("%+v, %v", inside, err)
	}
	attributes := ens.CreateDescribeVSwitchAttributesRequest()
	attributes.VSwitchId = inside.VSwitchId
	if got, err := sdk.DescribeVSwitchAttributes(attributes); err != nil || got.Status != "Available" || got.NetworkId != made.NetworkId ||
		got.VSwitchName != "" || got.CidrBlock != vSwitch || got.AvailableIpAddressCount != 4094 {
		t.Errorf("DescribeVSwitchAttributes: %+v, %v", got, err)
	}

	lb := ens.CreateCreateLoadBalancerRequest()
	lb.EnsRegionId, lb.LoadBalancerSpec, lb.PayType = "local", "elb.s1.small", "PostPaid"
	lb.NetworkId, lb.VSwitchId = made.NetworkId, inside.VSwitchId
	balancer, err := sdk.CreateLoadBalancer(lb)
	if err != nil {
		t.Fatal(err)
	}
	of := ens.CreateDescribeNetworkAttributeRequest()
	of.NetworkId = made.NetworkId
	if got, err := sdk.DescribeNetworkAttribute(of); err != nil || got.Status != "Available" ||
		len(got.VSwitchIds.VSwitchId) != 1 || got.VSwitchIds.VSwitchId[0] != inside.VSwitchId ||
		len(got.LoadBalancerIds.LoadBalancerId) != 1 || got.LoadBalancerIds.LoadBalancerId[0] != balancer.LoadBalancerId {
		t.Errorf("DescribeNetworkAttribute: %+v, %v", got, err)
	}

	deleteVSwitch := ens.CreateDeleteVSwitchRequest()
	deleteVSwitch.VSwitchId = inside.VSwitchId
	if _, err := sdk.DeleteVSwitch(deleteVSwitch); Code(err) != "IncorrectInstanceStatus" {
		t.Errorf("DeleteVSwitch while it is used: %v", err)
	}
	release := ens.CreateReleaseInstanceRequest()
	release.InstanceId = balancer.LoadBalancerId
	if _, err := sdk.ReleaseInstance(release); err != nil {
		t.Error(err)
	}
	if _, err := sdk.DeleteVSwitch(deleteVSwitch); err != nil {
		t.Error(err)
	}
	deleteNetwork := ens.CreateDeleteNetworkRequest()
	deleteNetwork.NetworkId = made.NetworkId
	if _, err := sdk.DeleteNetwork(deleteNetwork); err != nil {
		t.Error(err)
	}
	if got, err := sdk.DescribeNetworks(networks); err != nil || got.TotalCount != 0 {
		t.Errorf("DescribeNetworks after all: %+v, %v", got, err)
	}
	if _, err := sdk.DescribeVSwitchAttributes(attributes); Code(err) != "InvalidVSwitchId.NotFound" || !strings.Contains(err.Error(), "NotFound") {
		t.Errorf("DescribeVSwitchAttributes after all: %v", err)
	}
}

// A listener on an address that no interface has reports this and retries: the private
// ranges of ENS are on no machine until somebody adds their addresses.
func TestListenerOnAnAddressOfNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	network := w.newNetwork(t, "10.208.0.0/12")
	vSwitch := w.newVSwitch(t, network, "10.213.219.0/24")
	var made struct{ LoadBalancerID string }
	w.must(t, "CreateLoadBalancer", with(LoadBalancerParams(), "NetworkId", network, "VSwitchId", vSwitch), &made)
	listener := map[string]string{"LoadBalancerId": made.LoadBalancerID, "ListenerPort": "8443"}
	w.must(t, "CreateLoadBalancerHTTPSListener", with(listener, "HealthCheck", "off", "ServerCertificateId", w.used), nil)
	w.must(t, "StartLoadBalancerListener", listener, nil)
	var got struct{ Status, StatusReason string }
	Eventually(t, func() error {
		if w.must(t, "DescribeLoadBalancerHTTPSListenerAttribute", listener, &got); got.StatusReason == "" {
			return errors.New("no reason is told")
		}
		return nil
	})
	if got.Status != "Starting" || !strings.Contains(got.StatusReason, "no interface of this machine has the address 10.213.219.1") ||
		!strings.Contains(got.StatusReason, "-manage-addresses") {
		t.Errorf("got %+v", got)
	}
}
