package elbtest

import (
	"net/http"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/ens"
)

// The official SDK adds a registered server by its id alone, as Terraform and the
// Kubernetes controller do, and lists it. The server receives requests.
func TestBackendByRegisteredInstance(t *testing.T) {
	t.Parallel()
	b := NewBackend(t, "a")
	s := NewSite(t, node(t))
	w := &world{Client: s.Node.RPC()}
	add := func(id, port string) error {
		request := ens.CreateAddBackendServersRequest()
		request.LoadBalancerId = s.LoadBalancerID
		request.BackendServers = &[]ens.AddBackendServersBackendServers{{ServerId: id, Port: port, Weight: "100"}}
		_, err := s.ENS.AddBackendServers(request)
		return err
	}
	if got := Code(add("i-by-id-alone", b.Port())); got != "MissingIp" {
		t.Errorf("before it is registered: code %q", got)
	}
	w.must(t, "RegisterInstance", map[string]string{"InstanceId": "i-by-id-alone", "PrivateIpAddress": "127.0.0.1", "InstanceName": "web"}, nil)
	if err := add("i-by-id-alone", b.Port()); err != nil {
		t.Fatal(err)
	}
	front := s.Listen(t, nil)
	if got := front.Get(t, front.Client(t, ""), "/"); got.Status != http.StatusOK || got.Backend != "a" {
		t.Errorf("got %+v", got)
	}

	instances := ens.CreateDescribeInstancesRequest()
	instances.InstanceId = "i-by-id-alone"
	found, err := s.ENS.DescribeInstances(instances)
	if err != nil || found.TotalCount != 1 || len(found.Instances.Instance) != 1 {
		t.Fatalf("DescribeInstances: %+v, %v", found, err)
	}
	if i := found.Instances.Instance[0]; i.Status != "Running" || i.InstanceName != "web" ||
		len(i.PrivateIpAddresses.PrivateIpAddress) != 1 || i.PrivateIpAddresses.PrivateIpAddress[0].Ip != "127.0.0.1" {
		t.Errorf("got %+v", i)
	}
	interfaces := ens.CreateDescribeNetworkInterfacesRequest()
	interfaces.InstanceId = "i-by-id-alone"
	cards, err := s.ENS.DescribeNetworkInterfaces(interfaces)
	if err != nil || len(cards.NetworkInterfaceSets.NetworkInterfaceSet) != 1 || cards.NetworkInterfaceSets.NetworkInterfaceSet[0].PrimaryIp != "127.0.0.1" {
		t.Errorf("DescribeNetworkInterfaces: %+v, %v", cards, err)
	}

	w.must(t, "RegisterInstanceRange", map[string]string{"CidrBlock": "127.0.0.0/8"}, nil)
	if err := add("i-127-0-0-1", b.Port()); err != nil {
		t.Error(err)
	}
	w.must(t, "DeregisterInstanceRange", map[string]string{"CidrBlock": "127.0.0.0/8"}, nil)
}
