package elbtest

import (
	"testing"

	"elbow/internal/api"
)

// A range of IPv4 addresses in IPv4-mapped IPv6 notation provides the addresses of load
// balancers.
func TestVSwitchOfMappedAddresses(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{VSwitch: "::ffff:127.77.3.0/120"})
	w := &world{Client: n.RPC()}
	for _, want := range []string{"127.77.3.1", "127.77.3.2"} {
		var made api.CreateLoadBalancerOutput
		w.must(t, "CreateLoadBalancer", map[string]string{
			"EnsRegionId": "local", "LoadBalancerSpec": "elb.s1.small", "NetworkId": "n-default", "VSwitchId": "vsw-default", "PayType": "PostPaid",
		}, &made)
		var got api.DescribeLoadBalancerAttributeOutput
		w.must(t, "DescribeLoadBalancerAttribute", map[string]string{"LoadBalancerId": made.LoadBalancerID}, &got)
		if got.Address != want {
			t.Errorf("got %s, want %s", got.Address, want)
		}
	}
}
