package manifest

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

const edge = `Networks:
- NetworkName: edge
  CidrBlock: 10.1.0.0/16
  VSwitches:
  - {VSwitchName: front, CidrBlock: 10.1.1.0/24, Description: of the shop}
Eips:
- {Name: shop-eip, Bandwidth: 10, LoadBalancerName: shop}
LoadBalancers:
- {LoadBalancerName: shop, NetworkName: edge, VSwitchName: front}
`

// edgeState is a server that has what edge asks for.
func edgeState(t *testing.T) *State {
	t.Helper()
	s := new(State)
	s.addResource(networks, "n-default", "default", "", map[string]string{"EnsRegionId": "local", "CidrBlock": "127.0.0.0/8"})
	s.addResource(networks, "n-1", "edge", "", map[string]string{"EnsRegionId": "local", "CidrBlock": "10.1.0.0/16"})
	s.addResource(vSwitches, "vsw-default", "default", "default", map[string]string{"EnsRegionId": "local", "CidrBlock": "127.0.0.0/16"})
	s.addResource(vSwitches, "vsw-1", "front", "edge", map[string]string{"EnsRegionId": "local", "CidrBlock": "10.1.1.0/24", "Description": "of the shop"})
	s.addResource(eips, "eip-1", "shop-eip", "", map[string]string{"EnsRegionId": "local", "IpAddress": "198.51.100.7", "Bandwidth": "10"}).balancerID = "lb-1"
	s.addResource(eips, "eip-2", "", "", map[string]string{"EnsRegionId": "local", "IpAddress": "198.51.100.8", "Bandwidth": "5"})
	fields := maps.Clone(loadBalancerDefaults)
	fields["NetworkId"], fields["VSwitchId"] = "n-1", "vsw-1"
	s.LoadBalancers = []StoredLoadBalancer{{ID: "lb-1", LoadBalancer: LoadBalancer{Name: "shop", Fields: fields, Active: true}}}
	return s
}

func TestPlanOfResources(t *testing.T) {
	for _, tt := range []struct {
		what, from, to string
		prune          bool
		want           string // steps, or an error
	}{
		{"nothing to do", "", "", true, ""},
		{"a description", "of the shop", "of the store", false, "~ vSwitch edge/front ModifyVSwitchAttribute\n"},
		{"a description that is left out", ", Description: of the shop", "", false, "~ vSwitch edge/front ModifyVSwitchAttribute\n"},
		{"a bandwidth", "Bandwidth: 10, ", "", false, "~ EIP shop-eip ModifyEnsEipAddressAttribute\n"},
		{"a range", "10.1.0.0/16", "10.0.0.0/8", false, "line 2: network edge: CidrBlock is 10.1.0.0/16 and cannot be made 10.0.0.0/8"},
		{"an address", "Bandwidth: 10", "Bandwidth: 10, IpAddress: 198.51.100.9", false, "line 7: EIP shop-eip: IpAddress is 198.51.100.7 and cannot be made 198.51.100.9"},
		{"an association that is left as it is", ", LoadBalancerName: shop}", "}", false, ""},
		{"an association that ends", ", LoadBalancerName: shop}", `, LoadBalancerName: ""}`, false, "~ EIP shop-eip UnAssociateEnsEipAddress(AllocationId=eip-1)\n"},
		{"an association with what is not there", "LoadBalancerName: shop}", "LoadBalancerName: other}", false, "line 7: EIP shop-eip: neither the file nor the server has a load balancer other"},
		{"another vSwitch", "VSwitchName: front}\n", "VSwitchName: back}\n", false, "line 9: load balancer shop: neither the file nor the server has a vSwitch edge/back"},
		{"a load balancer that moves", "VSwitches:\n", "VSwitches:\n  - {VSwitchName: back, CidrBlock: 10.1.2.0/24}\n", false, "+ vSwitch edge/back CreateVSwitch\n"},
		{"an EIP that goes", "- {Name: shop-eip, Bandwidth: 10, LoadBalancerName: shop}\n", "", true, "- EIP shop-eip UnAssociateEnsEipAddress(AllocationId=eip-1) DeleteEip(InstanceId=eip-1)\n"},
		{
			"an association that moves", "LoadBalancerName: shop}\nLoadBalancers:\n", "LoadBalancerName: other}\nLoadBalancers:\n- LoadBalancerName: other\n", false,
			"+ load balancer other CreateLoadBalancer\n~ EIP shop-eip UnAssociateEnsEipAddress(AllocationId=eip-1) AssociateEnsEipAddress\n",
		},
		{
			"all that goes", edge, "Networks: []\nEips: []\nLoadBalancers: []\n", true,
			"- EIP shop-eip UnAssociateEnsEipAddress(AllocationId=eip-1) DeleteEip(InstanceId=eip-1)\n- load balancer shop ReleaseInstance(InstanceId=lb-1)\n" +
				"- vSwitch edge/front DeleteVSwitch(VSwitchId=vsw-1)\n- network edge DeleteNetwork(NetworkId=n-1)\n",
		},
		{"a file without the sections", edge, "LoadBalancers: []\n", true, "- load balancer shop ReleaseInstance(InstanceId=lb-1)\n"},
		{"a vSwitch out of range", "10.1.1.0/24", "10.1.1.0/33", false, "line 5: CidrBlock must be"},
		{"a network twice", "Networks:\n", "Networks:\n- {NetworkName: edge, CidrBlock: 10.2.0.0/16}\n", false, "line 3: network edge was there in line 2 already"},
		{"both ways", "NetworkName: edge, VSw", "NetworkId: n-1, NetworkName: edge, VSw", false, "line 9: give either NetworkName"},
		{"half", "NetworkName: edge, VSw", "VSw", false, "line 9: give NetworkName and VSwitchName, or neither"},
		{"a field that it does not have", "Bandwidth: 10", "Cidr: 10", false, `line 7: no field "Cidr"`},
	} {
		t.Run(tt.what, func(t *testing.T) {
			text := strings.Replace(edge, tt.from, tt.to, 1)
			if tt.from != "" && text == edge {
				t.Fatalf("%q is not in the file", tt.from)
			}
			m, err := Read([]byte(text), ".")
			var steps []Step
			if err == nil {
				steps, err = Plan(m, edgeState(t), Options{Prune: tt.prune})
			}
			switch {
			case err != nil && (tt.want == "" || !strings.HasPrefix(err.Error(), tt.want)):
				t.Errorf("got %v, want %s", err, tt.want)
			case err == nil && describe(steps) != tt.want:
				t.Errorf("got %s, want %s", describe(steps), tt.want)
			}
		})
	}
}

// On an empty server a network comes before its vSwitches, both before the load balancer
// in them, and an EIP is associated last. Each call has the ids that the answers before
// gave.
func TestApplyOfResources(t *testing.T) {
	m, err := Read([]byte(edge), ".")
	if err != nil {
		t.Fatal(err)
	}
	s := new(State)
	steps, err := Plan(m, s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	made := recorder{answers: map[string]string{
		"CreateNetwork": `{"NetworkId":"n-9"}`, "CreateVSwitch": `{"VSwitchId":"vsw-9"}`, "CreateEipInstance": `{"AllocationId":"eip-9"}`,
	}}
	if err := Apply(t.Context(), made.call, steps, s, func(Step) {}); err != nil {
		t.Fatal(err)
	}
	want := []string{"CreateNetwork", "CreateVSwitch", "CreateEipInstance", "CreateLoadBalancer", "AssociateEnsEipAddress"}
	if got := made.actions(); !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	if p := made.calls[1].params; p["NetworkId"] != "n-9" || p["VSwitchName"] != "front" {
		t.Errorf("vSwitch: %v", p)
	}
	if p := made.calls[3].params; p["NetworkId"] != "n-9" || p["VSwitchId"] != "vsw-9" {
		t.Errorf("load balancer: %v", p)
	}
	if p := made.calls[4].params; p["AllocationId"] != "eip-9" || p["InstanceId"] != "lb-9" || p["InstanceType"] != "SlbInstance" {
		t.Errorf("association: %v", p)
	}
}

// What is exported has names where a manifest can, and changes nothing.
func TestExportOfResources(t *testing.T) {
	s := edgeState(t)
	var out strings.Builder
	if err := Write(&out, s, nil); err != nil {
		t.Fatal(err)
	}
	m, err := Read([]byte(out.String()), ".")
	if err != nil {
		t.Fatalf("%v in\n%s", err, out.String())
	}
	if len(m.Resources) != 3 || m.LoadBalancers[0].Network != "edge" || m.LoadBalancers[0].VSwitch != "front" || *m.Resources[2].Balancer != "shop" {
		t.Errorf("got %+v from\n%s", m, out.String())
	}
	if steps, err := Plan(m, s, Options{Prune: true}); err != nil || len(steps) > 0 {
		t.Errorf("got %s, %v from\n%s", describe(steps), err, out.String())
	}
	// With a second network of the name neither can be named.
	s.addResource(networks, "n-2", "edge", "", map[string]string{"EnsRegionId": "local", "CidrBlock": "10.2.0.0/16"})
	out.Reset()
	if err := Write(&out, s, nil); err != nil || strings.Contains(out.String(), "NetworkName") || !strings.Contains(out.String(), "NetworkId: n-1") {
		t.Errorf("got %v\n%s", err, out.String())
	}
}

// Instances are registered before the backends that name them alone, registered again
// when a field changes, and deregistered by a plan that prunes.
func TestPlanOfInstances(t *testing.T) {
	const file = `Instances:
- {InstanceId: i-web, DomainName: Web.test}
- {InstanceId: eni-9, PrivateIpAddress: 10.0.0.9, InstanceName: nine}
LoadBalancers:
- LoadBalancerName: shop
  BackendServers:
  - {ServerId: i-web, Port: 80}
  - {ServerId: eni-9, Type: eni}
`
	state := func() *State {
		s := new(State)
		place := func(f map[string]string) map[string]string {
			f["EnsRegionId"], f["NetworkId"], f["VSwitchId"] = "local", "n-default", "vsw-default"
			return f
		}
		s.addResource(instances, "i-web", "i-web", "", place(map[string]string{"DomainName": "web.test", "InstanceName": "i-web"}))
		s.addResource(instances, "eni-9", "eni-9", "", place(map[string]string{"PrivateIpAddress": "10.0.0.9", "InstanceName": "nine"}))
		s.LoadBalancers = []StoredLoadBalancer{{ID: "lb-1", LoadBalancer: LoadBalancer{
			Name: "shop", Fields: maps.Clone(loadBalancerDefaults), Active: true,
			Backends: []Backend{
				{ServerID: "i-web", Domain: "web.test", Port: "80", Type: "ens", Weight: "100"},
				{ServerID: "eni-9", IP: "10.0.0.9", Port: "0", Type: "eni", Weight: "100"},
			},
		}}}
		return s
	}
	for _, tt := range []struct{ what, from, to, want string }{
		{"nothing to do", "", "", ""},
		{"another name", "InstanceName: nine", "InstanceName: ten", "~ instance eni-9 RegisterInstance\n"},
		{
			"an address for a domain name", "DomainName: Web.test", "PrivateIpAddress: 10.0.0.1",
			"~ instance i-web RegisterInstance\n- backends of shop RemoveBackendServers\n+ backends of shop AddBackendServers\n",
		},
		{"an instance that goes", "- {InstanceId: eni-9, PrivateIpAddress: 10.0.0.9, InstanceName: nine}\n", "", "- instance eni-9 DeregisterInstance(InstanceId=eni-9)\n"},
		{"a file without the section", file[:strings.Index(file, "LoadBalancers")], "", ""},
		{"both", "DomainName: Web.test", "DomainName: web.test, PrivateIpAddress: 10.0.0.1", "line 2: PrivateIpAddress is given, too: give one of them"},
		{"neither", ", DomainName: Web.test", "", "line 2: give PrivateIpAddress, or DomainName"},
		{"a name that is none", "Web.test", "10.0.0.256", "line 2: DomainName must be a domain name"},
		{"one twice", "InstanceId: eni-9", "InstanceId: i-web", "line 3: instance i-web was there in line 2 already"},
	} {
		got := ""
		m, err := Read([]byte(strings.Replace(file, tt.from, tt.to, 1)), ".")
		if err == nil {
			var steps []Step
			steps, err = Plan(m, state(), Options{Prune: true})
			got = describe(steps)
		}
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, tt.want) || tt.want == "" && got != "" {
			t.Errorf("%s: got\n%s, want\n%s", tt.what, got, tt.want)
		}
	}

	// What is exported has the same instances and backends.
	var out strings.Builder
	if err := Write(&out, state(), nil); err != nil {
		t.Fatal(err)
	}
	m, err := Read([]byte(out.String()), ".")
	if err != nil {
		t.Fatal(err)
	}
	if steps, err := Plan(m, state(), Options{Prune: true}); err != nil || len(steps) > 0 {
		t.Errorf("got %s, %v from\n%s", describe(steps), err, out.String())
	}
	if strings.Contains(out.String(), "i-web\n  InstanceName") || !strings.Contains(out.String(), "DomainName: web.test") {
		t.Errorf("got\n%s", out.String())
	}
}
