package elbtest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/ens"
)

// A controller makes the calls of the Kubernetes cloud controller, with its SDK.
type controller struct {
	*Site
	t *testing.T
}

// find looks for a load balancer by its name in the way of the controller: in the answer
// to a call without filters and page size, which returns ten.
func (c controller) find(name string) (id string) {
	c.t.Helper()
	got, err := c.ENS.DescribeLoadBalancers(ens.CreateDescribeLoadBalancersRequest())
	c.must(got, err)
	for _, lb := range got.LoadBalancers.LoadBalancer {
		if lb.LoadBalancerName == name {
			return lb.LoadBalancerId
		}
	}
	return ""
}

func (c controller) attribute(id string) *ens.DescribeLoadBalancerAttributeResponse {
	c.t.Helper()
	request := ens.CreateDescribeLoadBalancerAttributeRequest()
	request.LoadBalancerId = id
	got, err := c.ENS.DescribeLoadBalancerAttribute(request)
	c.must(got, err)
	return got
}

func (c controller) tcp(port string) *ens.DescribeLoadBalancerTCPListenerAttributeResponse {
	c.t.Helper()
	got, err := c.ENS.DescribeLoadBalancerTCPListenerAttribute(Fill(ens.CreateDescribeLoadBalancerTCPListenerAttributeRequest(), c.of(port, nil)))
	c.must(got, err)
	return got
}

func (c controller) udp(port string) *ens.DescribeLoadBalancerUDPListenerAttributeResponse {
	c.t.Helper()
	got, err := c.ENS.DescribeLoadBalancerUDPListenerAttribute(Fill(ens.CreateDescribeLoadBalancerUDPListenerAttributeRequest(), c.of(port, nil)))
	c.must(got, err)
	return got
}

// of returns the parameters of a listener.
func (c controller) of(port string, more map[string]string) map[string]string {
	params := map[string]string{"LoadBalancerId": c.LoadBalancerID, "ListenerPort": port}
	maps.Copy(params, more)
	return params
}

func (c controller) must(_ any, err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// addNodes adds servers by their ids alone, 19 with each call.
func (c controller) addNodes(ids []string) {
	c.t.Helper()
	for batch := range slices.Chunk(ids, 19) {
		var all []ens.AddBackendServersBackendServers
		for _, id := range batch {
			all = append(all, ens.AddBackendServersBackendServers{ServerId: id, Weight: "100", Type: "ens"})
		}
		request := ens.CreateAddBackendServersRequest()
		request.LoadBalancerId, request.BackendServers = c.LoadBalancerID, &all
		c.must(c.ENS.AddBackendServers(request))
	}
}

func (c controller) removeNodes(ids []string) {
	c.t.Helper()
	for batch := range slices.Chunk(ids, 19) {
		var all []ens.RemoveBackendServersBackendServers
		for _, id := range batch {
			all = append(all, ens.RemoveBackendServersBackendServers{ServerId: id, Weight: "100", Type: "ens"})
		}
		request := ens.CreateRemoveBackendServersRequest()
		request.LoadBalancerId, request.BackendServers = c.LoadBalancerID, &all
		c.must(c.ENS.RemoveBackendServers(request))
	}
}

func (c controller) servers() (ids []string) {
	c.t.Helper()
	for _, b := range c.attribute(c.LoadBalancerID).BackendServers {
		ids = append(ids, b.ServerId)
	}
	slices.Sort(ids)
	return ids
}

// The Kubernetes cloud controller makes a Service of type LoadBalancer with a TCP and a
// UDP port on 25 nodes, finds everything as it wants it when it compares, changes it,
// and deletes it, also what is gone already.
func TestServiceOfKubernetes(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{})
	c := controller{&Site{SDK: n.SDK(t), Node: n}, t}
	w := &world{Client: n.RPC()}
	w.must(t, "RegisterInstanceRange", map[string]string{"CidrBlock": "127.0.0.0/8"}, nil)
	for range 10 { // older ones, which it must not see instead of its own
		c.must(c.ENS.CreateLoadBalancer(Fill(ens.CreateCreateLoadBalancerRequest(), LoadBalancerParams())))
	}
	if got := c.find("k8s-shop"); got != "" {
		t.Fatalf("found %s before it was created", got)
	}
	create := Fill(ens.CreateCreateLoadBalancerRequest(), LoadBalancerParams())
	create.LoadBalancerName = "k8s-shop"
	made, err := c.ENS.CreateLoadBalancer(create)
	c.must(made, err)
	c.LoadBalancerID = made.LoadBalancerId
	if got := c.find("k8s-shop"); got != made.LoadBalancerId {
		t.Fatalf("found %q, want %s", got, made.LoadBalancerId)
	}
	if got := c.attribute(c.LoadBalancerID); got.LoadBalancerStatus != "Active" || got.Address == "" {
		t.Errorf("load balancer: %+v", got)
	}

	var nodes []string
	for i := range 25 {
		nodes = append(nodes, fmt.Sprintf("i-127-0-1-%d", i+1))
	}
	slices.Sort(nodes)
	c.addNodes(nodes)
	if got := c.servers(); !slices.Equal(got, nodes) {
		t.Errorf("servers %v, want %v", got, nodes)
	}

	c.must(nil, c.CreateOf("TCP", c.of("8443", map[string]string{
		"BackendServerPort": "30443", "Scheduler": "wrr", "PersistenceTimeout": "0", "EstablishedTimeout": "900", "Description": "k8s/443",
		"HealthCheckConnectTimeout": "5", "HealthCheckInterval": "2", "HealthyThreshold": "3", "UnhealthyThreshold": "3", "HealthCheckType": "tcp",
	})))
	c.must(nil, c.CreateOf("UDP", c.of("8453", map[string]string{
		"BackendServerPort": "30453", "Scheduler": "wrr", "EstablishedTimeout": "900", "Description": "k8s/53",
		"HealthCheckConnectTimeout": "10", "HealthCheckInterval": "5", "HealthyThreshold": "3", "UnhealthyThreshold": "3",
	})))
	if got := c.tcp("8443"); got.Status != "Stopped" {
		t.Errorf("before it is started: %q", got.Status)
	}
	for port, protocol := range map[string]string{"8443": "tcp", "8453": "udp"} {
		c.must(c.ENS.StartLoadBalancerListener(Fill(ens.CreateStartLoadBalancerListenerRequest(), c.of(port, map[string]string{"ListenerProtocol": protocol}))))
	}
	Eventually(t, func() error {
		if tcp, udp := c.tcp("8443").Status, c.udp("8453").Status; tcp != "Running" || udp != "Running" {
			return fmt.Errorf("TCP is %s, UDP is %s", tcp, udp)
		}
		return nil
	})

	// What it compares with the Service at each turn, field by field.
	tcp, udp := c.tcp("8443"), c.udp("8453")
	if tcp.HealthCheck != "on" || tcp.HealthCheckConnectPort != 0 || tcp.HealthCheckType != "tcp" || tcp.BackendServerPort != 30443 || tcp.Scheduler != "wrr" ||
		tcp.PersistenceTimeout != 0 || tcp.EstablishedTimeout != 900 || tcp.HealthCheckConnectTimeout != 5 || tcp.HealthCheckInterval != 2 ||
		tcp.HealthyThreshold != 3 || tcp.UnhealthyThreshold != 3 || tcp.Description != "k8s/443" {
		t.Errorf("TCP listener: %+v", tcp)
	}
	if udp.HealthCheck != "on" || udp.HealthCheckConnectPort != 0 || udp.BackendServerPort != 30453 || udp.Scheduler != "wrr" || udp.EstablishedTimeout != 900 ||
		udp.HealthCheckConnectTimeout != 10 || udp.HealthCheckInterval != 5 || udp.HealthyThreshold != 3 || udp.UnhealthyThreshold != 3 || udp.Description != "k8s/53" {
		t.Errorf("UDP listener: %+v", udp)
	}
	listeners := make(map[int]string)
	for _, l := range c.attribute(c.LoadBalancerID).ListenerPortsAndProtocols {
		listeners[l.ListenerPort] = l.ListenerProtocol
	}
	if len(listeners) != 2 || listeners[8443] != "tcp" || listeners[8453] != "udp" {
		t.Errorf("listeners %v", listeners)
	}

	// The Service is made public.
	eip := Fill(ens.CreateCreateEipInstanceRequest(), EIPParams())
	eip.Name, eip.Bandwidth = "k8s-shop", requests.NewInteger(10)
	allocated, err := c.ENS.CreateEipInstance(eip)
	c.must(allocated, err)
	associate := ens.CreateAssociateEnsEipAddressRequest()
	associate.AllocationId, associate.InstanceId, associate.InstanceType = allocated.AllocationId, c.LoadBalancerID, "SlbInstance"
	c.must(c.ENS.AssociateEnsEipAddress(associate))

	// It changes: other fields, and other nodes.
	c.must(nil, c.SetOf("TCP", c.of("8443", map[string]string{"Scheduler": "wlc", "EstablishedTimeout": "60"})))
	c.must(nil, c.SetOf("UDP", c.of("8453", map[string]string{"Scheduler": "wlc", "HealthCheckConnectPort": "30000"})))
	if tcp, udp := c.tcp("8443"), c.udp("8453"); tcp.Scheduler != "wlc" || tcp.EstablishedTimeout != 60 || tcp.HealthCheckInterval != 2 || udp.Scheduler != "wlc" ||
		udp.HealthCheckConnectPort != 30000 || udp.EstablishedTimeout != 900 {
		t.Errorf("after the change: %+v, %+v", tcp, udp)
	}
	c.removeNodes(nodes[:22])
	c.addNodes([]string{"i-127-0-2-1"})
	left := append(slices.Clone(nodes[22:]), "i-127-0-2-1")
	slices.Sort(left)
	if got := c.servers(); !slices.Equal(got, left) {
		t.Errorf("after the change the servers are %v", got)
	}

	// Nine load balancers of others are made later.
	for range 9 {
		c.must(c.ENS.CreateLoadBalancer(Fill(ens.CreateCreateLoadBalancerRequest(), LoadBalancerParams())))
	}
	if got := c.find("k8s-shop"); got != c.LoadBalancerID {
		t.Errorf("among twenty: found %q, want %s", got, c.LoadBalancerID)
	}

	// It is deleted, from the EIP on, and what is gone is no fault.
	end := ens.CreateUnAssociateEnsEipAddressRequest()
	end.AllocationId = allocated.AllocationId
	c.must(c.ENS.UnAssociateEnsEipAddress(end))
	release := func(id string) error {
		request := ens.CreateReleaseInstanceRequest()
		request.InstanceId = id
		_, err := c.ENS.ReleaseInstance(request)
		return err
	}
	c.must(nil, release(allocated.AllocationId))
	if err := release(allocated.AllocationId); Code(err) != "5100" {
		t.Errorf("release of an EIP that is gone: %v", err)
	}
	for port, protocol := range map[int]string{8443: "tcp", 8453: "udp"} {
		request := ens.CreateDeleteLoadBalancerListenerRequest()
		request.LoadBalancerId, request.ListenerPort, request.ListenerProtocol = c.LoadBalancerID, requests.Integer(strconv.Itoa(port)), protocol
		request.Scheme = "http" // whatever the others have
		c.must(c.ENS.DeleteLoadBalancerListener(request))
	}
	c.must(nil, release(c.LoadBalancerID))
	if got := c.find("k8s-shop"); got != "" {
		t.Errorf("found %s after its end", got)
	}
	if got := c.attribute(c.LoadBalancerID); got.LoadBalancerId != "" {
		t.Errorf("load balancer after its end: %+v", got)
	}
}
