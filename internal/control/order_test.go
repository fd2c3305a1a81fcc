package control_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// All lists of resources of ENS have the newest first: a client that reads the first page
// alone finds what it has just created.
func TestListsAreNewestFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t).withEIPs("127.9.0.0/28")
	made := make(map[string][]string) // by operation, newest first
	add := func(list, id string) { made[list] = slices.Insert(made[list], 0, id) }
	add("DescribeNetworks", "n-default")
	add("DescribeVSwitches", "vsw-default")
	for i, cidr := range []string{"127.10.0.0/16", "127.11.0.0/16", "127.12.0.0/16", "127.13.0.0/16"} {
		w.setTime(today.Add(time.Duration(i+1) * time.Minute))
		network := w.network(cidr)
		add("DescribeNetworks", network)
		add("DescribeVSwitches", w.vSwitch(network, cidr))
		add("DescribeEnsEipAddresses", w.eip(nil))
		add("DescribeLoadBalancers", w.loadBalancer())
		id := []string{"i-c", "i-a", "i-d", "i-b"}[i] // not in the order of their names
		w.do("RegisterInstance", params{"InstanceId": id, "PrivateIpAddress": "10.0.0.7"})
		add("DescribeInstances", id)
		add("DescribeNetworkInterfaces", "en"+id)
	}
	for list, path := range map[string][3]string{
		"DescribeNetworks":          {"Networks", "Network", "NetworkId"},
		"DescribeVSwitches":         {"VSwitches", "VSwitch", "VSwitchId"},
		"DescribeEnsEipAddresses":   {"EipAddresses", "EipAddress", "AllocationId"},
		"DescribeLoadBalancers":     {"LoadBalancers", "LoadBalancer", "LoadBalancerId"},
		"DescribeInstances":         {"Instances", "Instance", "InstanceId"},
		"DescribeNetworkInterfaces": {"NetworkInterfaceSets", "NetworkInterfaceSet", "NetworkInterfaceId"},
	} {
		if diff := cmp.Diff(made[list], texts(w.do(list, nil).list(path[0], path[1]), path[2])); diff != "" {
			t.Errorf("%s (-want +got):\n%s", list, diff)
		}
	}
}
