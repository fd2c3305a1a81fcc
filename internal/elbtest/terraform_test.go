package elbtest

import (
	"strings"
	"testing"

	"elbow/internal/api"
	"elbow/internal/rpc"
)

// The requests of the Terraform provider for a network, a vSwitch, a load balancer, an EIP
// and its association: create and wait, read, update, clear attributes, read again, and
// destroy with a wait for each. What it reads has to equal what it wrote, or the next plan
// has a difference.
func TestTerraformNetworkAndEIP(t *testing.T) {
	t.Parallel()
	w := newProvider(t).world
	cidr := freeVSwitch()
	network := func(id string) api.DescribeNetworksOutput {
		t.Helper()
		var out api.DescribeNetworksOutput
		w.must(t, "DescribeNetworks", map[string]string{"NetworkId": id}, &out)
		return out
	}
	vSwitch := func(id string) api.DescribeVSwitchesOutput {
		t.Helper()
		var out api.DescribeVSwitchesOutput
		w.must(t, "DescribeVSwitches", map[string]string{"VSwitchId": id}, &out)
		return out
	}
	eip := func(id, lb string) []api.EipAddress {
		t.Helper()
		var out api.DescribeEnsEipAddressesOutput
		w.must(t, "DescribeEnsEipAddresses", map[string]string{"AllocationId": id, "AssociatedInstanceId": lb}, &out)
		return out.EipAddresses.EipAddress
	}

	var made struct{ NetworkID, VSwitchID, LoadBalancerID, AllocationID string }
	w.must(t, "CreateNetwork", map[string]string{"EnsRegionId": "local", "CidrBlock": cidr}, &made)
	if got := network(made.NetworkID).Networks.Network; len(got) != 1 || got[0].Status != "Available" || got[0].CidrBlock != cidr ||
		got[0].NetworkName != "" || got[0].Description != "" || got[0].EnsRegionID != "local" || got[0].CreatedTime == "" {
		t.Errorf("network: %+v", got)
	}
	w.must(t, "CreateVSwitch", map[string]string{"EnsRegionId": "local", "CidrBlock": cidr, "NetworkId": made.NetworkID, "VSwitchName": "front", "Description": "of the shop"}, &made)
	if got := vSwitch(made.VSwitchID).VSwitches.VSwitch; len(got) != 1 || got[0].Status != "Available" || got[0].CidrBlock != cidr ||
		got[0].VSwitchName != "front" || got[0].Description != "of the shop" || got[0].NetworkID != made.NetworkID {
		t.Errorf("vSwitch: %+v", got)
	}
	w.must(t, "CreateLoadBalancer", map[string]string{
		"EnsRegionId": "local", "LoadBalancerSpec": "elb.s1.small", "PayType": "PostPaid", "NetworkId": made.NetworkID, "VSwitchId": made.VSwitchID, "LoadBalancerName": "shop", "ClientToken": "terraform-network",
	}, &made)
	w.must(t, "CreateEipInstance", map[string]string{
		"EnsRegionId": "local", "InstanceChargeType": "PostPaid", "InternetChargeType": "95BandwidthByMonth", "Isp": "cmcc", "Bandwidth": "5", "Name": "shop",
	}, &made)
	if got := eip(made.AllocationID, ""); len(got) != 1 || got[0].Status != "Available" || got[0].Name != "shop" || got[0].Description != "" || got[0].Isp != "cmcc" ||
		got[0].ChargeType != "PostPaid" || got[0].InternetChargeType != "95BandwidthByMonth" || got[0].Bandwidth != 5 || got[0].AllocationTime == "" {
		t.Errorf("EIP: %+v", got)
	}
	w.must(t, "AssociateEnsEipAddress", map[string]string{"AllocationId": made.AllocationID, "InstanceId": made.LoadBalancerID, "InstanceType": "SlbInstance", "Standby": "false"}, nil)
	if got := eip(made.AllocationID, made.LoadBalancerID); len(got) != 1 || got[0].Status != "InUse" || got[0].InstanceType != "SlbInstance" || got[0].InstanceID != made.LoadBalancerID || got[0].Standby {
		t.Errorf("attachment: %+v", got)
	}

	// An update sends the changed attributes, and an empty value for a removed one.
	w.must(t, "ModifyNetworkAttribute", map[string]string{"NetworkId": made.NetworkID, "NetworkName": "edge", "Description": "of the shop"}, nil)
	w.must(t, "ModifyNetworkAttribute", map[string]string{"NetworkId": made.NetworkID, "Description": ""}, nil)
	w.must(t, "ModifyVSwitchAttribute", map[string]string{"VSwitchId": made.VSwitchID, "VSwitchName": ""}, nil)
	w.must(t, "ModifyEnsEipAddressAttribute", map[string]string{"AllocationId": made.AllocationID, "Bandwidth": "10", "Name": ""}, nil)
	n, v, e := network(made.NetworkID).Networks.Network[0], vSwitch(made.VSwitchID).VSwitches.VSwitch[0], eip(made.AllocationID, "")[0]
	if n.NetworkName != "edge" || n.Description != "" || v.VSwitchName != "" || v.Description != "of the shop" || e.Name != "" || e.Bandwidth != 10 {
		t.Errorf("after the change: %+v, %+v, %+v", n, v, e)
	}

	// Destroy begins with the resources that no other depends on. A deleted resource is an
	// empty list.
	w.must(t, "UnAssociateEnsEipAddress", map[string]string{"AllocationId": made.AllocationID}, nil)
	if got := eip(made.AllocationID, made.LoadBalancerID); len(got) != 0 {
		t.Errorf("attachment after its end: %+v", got)
	}
	w.must(t, "DeleteEip", map[string]string{"InstanceId": made.AllocationID}, nil)
	if got := eip(made.AllocationID, ""); len(got) != 0 {
		t.Errorf("EIP after its end: %+v", got)
	}
	w.must(t, "DeleteLoadBalancer", map[string]string{"LoadBalancerId": made.LoadBalancerID}, nil)
	w.must(t, "DeleteVSwitch", map[string]string{"VSwitchId": made.VSwitchID}, nil)
	if got := vSwitch(made.VSwitchID); got.TotalCount != 0 {
		t.Errorf("vSwitch after its end: %+v", got)
	}
	w.must(t, "DeleteNetwork", map[string]string{"NetworkId": made.NetworkID}, nil)
	if got := network(made.NetworkID); got.TotalCount != 0 {
		t.Errorf("network after its end: %+v", got)
	}

	// Newer providers read a resource by its id: it does not exist if code or message
	// contain NotFound.
	for action, id := range map[string][2]string{
		"DescribeNetworkAttribute": {"NetworkId", made.NetworkID}, "DescribeVSwitchAttributes": {"VSwitchId", made.VSwitchID},
	} {
		_, err := patient(t, w.Client, operation(t, action), map[string]string{id[0]: id[1]})
		refusal, _ := err.(*rpc.Error)
		if refusal == nil || refusal.Status != 404 || !strings.HasSuffix(refusal.Code, ".NotFound") || !strings.Contains(refusal.Message, "NotFound") {
			t.Errorf("%s of one that is gone: %v", action, err)
		}
	}
}
