package control_test

import (
	"net/netip"
	"strings"
	"testing"

	"elbow/internal/elb"

	"github.com/google/go-cmp/cmp"
)

// A backend without Ip gets the address that its server was registered with:
// individually, as the network interface of an instance, or in a range.
func TestAddBackendServersWithoutIp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lb := w.loadBalancer()
	w.do("RegisterInstance", params{"InstanceId": "i-web-1", "PrivateIpAddress": "10.0.0.7"})
	w.do("RegisterInstance", params{"InstanceId": "eni-9", "PrivateIpAddress": "2001:db8::9"})
	w.do("RegisterInstance", params{"InstanceId": "i-10-1-0-1", "PrivateIpAddress": "10.9.9.9"}) // takes precedence over the range
	w.do("RegisterInstanceRange", params{"CidrBlock": "10.1.2.3/16"})
	for _, tt := range []struct{ item, want string }{
		{`{"ServerId":"i-web-1"}`, "10.0.0.7"},
		{`{"ServerId":"i-web-1","Port":81,"Ip":null}`, "10.0.0.7"},
		{`{"ServerId":"i-web-1","Port":"82","Ip":"","Weight":"","Type":""}`, "10.0.0.7"},
		{`{"ServerId":"i-web-1","Port":83,"Ip":"10.0.0.8"}`, "10.0.0.8"}, // a given address takes precedence
		{`{"ServerId":"eni-web-1","Type":"eni"}`, "10.0.0.7"},
		{`{"ServerId":"eni-9","Type":"eni"}`, "2001:db8::9"},
		{`{"ServerId":"i-10-1-200-3"}`, "10.1.200.3"},
		{`{"ServerId":"eni-10-1-200-3","Type":"eni"}`, "10.1.200.3"},
		{`{"ServerId":"i-10-1-0-1"}`, "10.9.9.9"},
	} {
		got := w.do("AddBackendServers", items(lb, tt.item)).list("BackendServers", "BackendServer")
		if len(got) != 1 || got[0].text("Ip") != tt.want {
			t.Errorf("%s: got %v, want %s", tt.item, got, tt.want)
		}
	}
	stored := w.do("DescribeLoadBalancerAttribute", params{"LoadBalancerId": lb}).list("BackendServers")
	if len(stored) != 9 || stored[0].text("Ip") != "10.0.0.7" {
		t.Errorf("the pool is %v", stored)
	}
	for _, item := range []string{
		`{"ServerId":"i-unknown"}`, `{"ServerId":"i-10-2-0-1"}`, `{"ServerId":"i-10-1-0"}`, `{"ServerId":"i-9"}`, `{"ServerId":"eni-unknown"}`,
		`{"ServerId":"i-web-1","Port":99},{"ServerId":"i-unknown"}`,
	} {
		w.refuse("AddBackendServers", items(lb, item), "MissingIp")
	}
	_, err := w.try(t.Context(), "AddBackendServers", items(lb, `{"ServerId":"i-unknown"}`))
	if err == nil || !strings.Contains(err.Error(), "RegisterInstance") || !strings.Contains(err.Error(), "i-unknown") {
		t.Errorf("the error is %v, want it to say what to do", err)
	}

	// A new address applies to backends added later.
	w.do("RegisterInstance", params{"InstanceId": "i-web-1", "PrivateIpAddress": "10.0.0.70"})
	if got := w.do("AddBackendServers", items(lb, `{"ServerId":"i-web-1","Port":90}`)).list("BackendServers", "BackendServer"); got[0].text("Ip") != "10.0.0.70" {
		t.Errorf("got %v", got)
	}
	w.do("DeregisterInstance", params{"InstanceId": "i-web-1"})
	w.do("DeregisterInstanceRange", params{"CidrBlock": "10.1.0.0/16"})
	for _, item := range []string{`{"ServerId":"i-web-1","Port":91}`, `{"ServerId":"eni-web-1","Port":91}`, `{"ServerId":"i-10-1-200-3","Port":91}`} {
		w.refuse("AddBackendServers", items(lb, item), "MissingIp")
	}
	if n := len(w.pool(lb)); n != 10 {
		t.Errorf("%d backends, want the 10 that were added", n)
	}
}

// An address that a backend may not have is refused by way of a registration,
// too.
func TestRegisteredAddressesOutOfReach(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lb := w.loadBalancer()
	w.refuse("RegisterInstance", params{"InstanceId": "i-1", "PrivateIpAddress": "169.254.169.254"}, "InvalidPrivateIpAddress")
	w.refuse("RegisterInstance", params{"InstanceId": "i-1", "PrivateIpAddress": "web.test"}, "InvalidPrivateIpAddress")
	w.do("RegisterInstanceRange", params{"CidrBlock": "0.0.0.0/0"})
	for _, id := range []string{"i-169-254-169-254", "i-0-0-0-0", "i-224-0-0-1"} {
		w.refuse("AddBackendServers", items(lb, `{"ServerId":"`+id+`"}`), "InvalidIp")
	}
	w.do("RegisterInstance", params{"InstanceId": "i-1", "PrivateIpAddress": "127.0.0.1"})
	w.reaching(&elb.Reach{Own: func() []netip.AddrPort { return []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:8096")} }})
	w.refuse("AddBackendServers", items(lb, `{"ServerId":"i-1","Port":8096}`), "InvalidPort")
}

func TestDescribeInstances(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if got := w.do("DescribeInstances", params{}); len(got.list("Instances", "Instance")) != 0 || got["TotalCount"] != 0.0 || got["Code"] != 0.0 {
		t.Errorf("of none: %v", got)
	}
	w.do("RegisterInstance", params{"InstanceId": "i-b", "PrivateIpAddress": "10.0.0.2", "InstanceName": "beta"})
	w.do("RegisterInstance", params{"InstanceId": "i-a", "PrivateIpAddress": "10.0.0.1", "InstanceName": "alpha"})
	w.do("RegisterInstance", params{"InstanceId": "eni-c", "PrivateIpAddress": "fd00::3"})
	w.do("RegisterInstanceRange", params{"CidrBlock": "10.1.0.0/16"})
	for _, tt := range []struct {
		filter params
		want   string
	}{
		{params{}, "i-a i-b"},
		{params{"InstanceId": "i-a"}, "i-a"},
		{params{"InstanceId": "i-none"}, ""},
		{params{"InstanceIds": `["i-b",null,""]`}, "i-b"},
		{params{"InstanceIds": "null"}, "i-a i-b"},
		{params{"InstanceName": "beta"}, "i-b"},
		{params{"SearchKey": "lph"}, "i-a"},
		{params{"SearchKey": "0.0.2"}, "i-b"},
		{params{"EnsRegionId": "local"}, "i-a i-b"},
		{params{"EnsRegionId": "moon"}, ""},
		{params{"EnsRegionIds": `["moon","local"]`}, "i-a i-b"},
		{params{"EnsRegionIds": `["moon"]`}, ""},
		{params{"NetworkId": "n-default", "VSwitchId": "vsw-default"}, "i-a i-b"},
		{params{"VSwitchId": "vsw-other"}, ""},
		{params{"Status": "Running"}, "i-a i-b"},
		{params{"Status": "Stopped"}, ""},
		{params{"IntranetIp": "10.0.0.2"}, "i-b"},
		{params{"IntranetIp": "::ffff:10.0.0.2"}, "i-b"},
		{params{"IntranetIp": "10.0.0"}, ""},
		{params{"ServiceStatus": "null", "Tags": "null"}, "i-a i-b"}, // as sent by the old SDK
		{params{"Tags": `[{"Key":"a"}]`}, ""},
		{params{"ImageId": "m-1"}, ""},
		{params{"PageSize": "1", "PageNumber": "2"}, "i-b"},
	} {
		var ids []string
		for _, i := range w.do("DescribeInstances", tt.filter).list("Instances", "Instance") {
			ids = append(ids, i.text("InstanceId"))
		}
		if got := strings.Join(ids, " "); got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.filter, got, tt.want)
		}
	}
	all := w.do("DescribeInstances", params{})
	if diff := cmp.Diff([]any{"10.1.0.0/16"}, all["InstanceRanges"]); diff != "" {
		t.Errorf("ranges (-want +got):\n%s", diff)
	}
	i := all.list("Instances", "Instance")[0]
	interfaces := i["NetworkInterfaces"].(map[string]any)["NetworkInterfaces"].([]any)[0].(map[string]any)
	if i.text("Status") != "Running" || i.text("EnsRegionId") != "local" || i.text("InstanceName") != "alpha" ||
		interfaces["NetworkInterfaceId"] != "eni-a" || interfaces["PrimaryIpAddress"] != "10.0.0.1" {
		t.Errorf("got %v", i)
	}

	for _, tt := range []struct {
		filter params
		want   string
	}{
		{params{}, "eni-c/ eni-a/i-a eni-b/i-b"},
		{params{"InstanceId": "i-a"}, "eni-a/i-a"},
		{params{"NetworkInterfaceId": "eni-c"}, "eni-c/"},
		{params{"NetworkInterfaceIds.1": "eni-b", "NetworkInterfaceIds.4": "eni-c"}, "eni-c/ eni-b/i-b"},
		{params{"Type": "Primary"}, "eni-a/i-a eni-b/i-b"},
		{params{"Type": "Secondary"}, "eni-c/"},
		{params{"PrimaryIpAddress": "10.0.0.2"}, "eni-b/i-b"},
		{params{"Ipv6Address.1": "fd00::3"}, "eni-c/"},
		{params{"Ipv6Address.1": "fd00::4", "Ipv6Address.2": "FD00:0::3"}, "eni-c/"},
		{params{"PrimaryIpAddress": "FD00::0003"}, "eni-c/"},
		{params{"Status": "Available"}, ""},
		{params{"EnsRegionIds.1": "moon"}, ""},
		{params{"SecurityGroupId": "sg-1"}, ""},
	} {
		var ids []string
		for _, n := range w.do("DescribeNetworkInterfaces", tt.filter).list("NetworkInterfaceSets", "NetworkInterfaceSet") {
			ids = append(ids, n.text("NetworkInterfaceId")+"/"+n.text("InstanceId"))
		}
		if got := strings.Join(ids, " "); got != tt.want {
			t.Errorf("interfaces %v: got %q, want %q", tt.filter, got, tt.want)
		}
	}
}

func TestRegisterInstanceRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := params{"InstanceId": "i-1", "PrivateIpAddress": "10.0.0.1"}
	named := params{"InstanceId": "i-1", "DomainName": "web.test"}
	for _, tt := range []struct {
		p    params
		want string
	}{
		{good.without("InstanceId"), "MissingInstanceId"},
		{good.without("PrivateIpAddress"), "MissingPrivateIpAddress"},
		{good.with(params{"DomainName": "web.test"}), "InvalidParameter.DomainName"},
		{named.with(params{"DomainName": "10.0.0.1"}), "InvalidDomainName"},
		{named.with(params{"DomainName": "10.0.0.256"}), "InvalidDomainName"},
		{named.with(params{"DomainName": "fd00::1"}), "InvalidDomainName"},
		{named.with(params{"DomainName": "web..test"}), "InvalidDomainName"},
		{named.with(params{"DomainName": "-web.test"}), "InvalidDomainName"},
		{named.with(params{"DomainName": "web.test:80"}), "InvalidDomainName"},
		{named.with(params{"DomainName": "web test"}), "InvalidDomainName"},
		{named.with(params{"DomainName": "wéb.test"}), "InvalidDomainName"},
		{named.with(params{"DomainName": strings.Repeat("x", 64) + ".test"}), "InvalidDomainName"},
		{good.with(params{"InstanceId": "web-1"}), "InvalidInstanceId"},
		{good.with(params{"InstanceId": "i-a/b"}), "InvalidInstanceId"},
		{good.with(params{"EnsRegionId": "moon"}), "InvalidEnsRegionId.NotFound"},
		{good.with(params{"NetworkId": "n-none"}), "InvalidNetworkId.NotFound"},
		{good.with(params{"VSwitchId": "vsw-none"}), "InvalidVSwitchId.NotFound"},
	} {
		w.refuse("RegisterInstance", tt.p, tt.want)
	}
	w.refuse("DeregisterInstance", params{"InstanceId": "i-1"}, "InvalidInstanceId.NotFound")
	w.refuse("DeregisterInstanceRange", params{"CidrBlock": "10.0.0.0/8"}, "InvalidInstanceId.NotFound")
	w.refuse("RegisterInstanceRange", params{"CidrBlock": "2001:db8::/32"}, "InvalidCidrBlock")
	w.do("RegisterInstanceRange", params{"CidrBlock": "10.0.0.0/8"})
	w.do("RegisterInstanceRange", params{"CidrBlock": "10.0.0.0/8"}) // a repetition is no error
	w.do("DeregisterInstanceRange", params{"CidrBlock": "10.9.9.9/8"})

	// An interface is registered with its instance, or by itself.
	w.do("RegisterInstance", good)
	w.do("RegisterInstance", good)
	w.refuse("RegisterInstance", good.with(params{"InstanceId": "eni-1"}), "InvalidInstanceId")
	w.do("DeregisterInstance", params{"InstanceId": "i-1"})
	w.do("RegisterInstance", good.with(params{"InstanceId": "eni-1"}))
	w.do("RegisterInstance", good.with(params{"InstanceId": "eni-1"}))
	w.refuse("RegisterInstance", good, "InvalidInstanceId")
}
