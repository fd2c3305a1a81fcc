package console

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"elbow/internal/api"
	"elbow/internal/elb"
	"elbow/internal/rpc"
)

// withInstances adds a registered server, a range and a tag for every object. Their texts
// are hostile.
func withInstances(s *site) {
	s.answers["DescribeInstances"] = api.DescribeInstancesOutput{
		Instances: api.Instances{Instance: []api.Instance{{
			InstanceID: "i-1", InstanceName: hostile, EnsRegionID: "local",
			NetworkAttributes: api.NetworkAttributes{NetworkID: "n-1", VSwitchID: "vsw-1", PrivateIPAddress: api.IPAddresses{IPAddress: []string{"10.0.0.1"}}},
		}}},
		Page: api.Page{TotalCount: 1}, InstanceRanges: []string{"10.9.0.0/16"},
	}
	s.answers["ListTagResources"] = api.ListTagResourcesOutput{TagResources: []api.TagResource{{TagKey: "owner", TagValue: hostile}}}
}

func TestInstances(t *testing.T) {
	s := newStrictSite(t)
	s.with(func() {
		s.state.LoadBalancers[0].Backends = []elb.Backend{{ServerID: "i-1", IP: netip.MustParseAddr("10.0.0.1"), Weight: 100}}
	})
	b := s.signIn(t, "root-key")
	b.get("instances").want(t, http.StatusOK, "10.0.0.1", "10.9.0.0/16", "instance-ranges/delete?range=10.9.0.0%2F16")
	b.get("instances/i-1").want(t, http.StatusOK, "10.0.0.1", `href="/console/networks/n-1"`, `href="/console/networks/n-1/vswitches/vsw-1"`, `href="/console/load-balancers/lb-1">shop</a>`)
	for _, f := range []acceptedForm{
		{"instances", []string{"InstanceId", "i-1", "PrivateIpAddress", "10.0.0.7"}, "RegisterInstance InstanceId=i-1 PrivateIpAddress=10.0.0.7", "instances/i-1"},
		{"instances/i-1", []string{"PrivateIpAddress", "10.0.0.8", "InstanceName", "web"}, "RegisterInstance InstanceId=i-1 InstanceName=web PrivateIpAddress=10.0.0.8", "instances/i-1"},
		{"instances/i-1/delete", nil, "DeregisterInstance InstanceId=i-1", "instances"},
		{"instance-ranges", []string{"CidrBlock", "10.0.0.0/16"}, "RegisterInstanceRange CidrBlock=10.0.0.0/16", "instances"},
		{"instance-ranges/delete", []string{"range", "10.9.0.0/16"}, "DeregisterInstanceRange CidrBlock=10.9.0.0/16", "instances"},
	} {
		f.wantCall(t, s.site, b)
	}
	for _, f := range []refusedForm{
		{"instances", "RegisterInstance", "InvalidPrivateIpAddress", "PrivateIpAddress", []string{"InstanceId", "i-typed", "PrivateIpAddress", "10.0.0.99"}},
		{"instances/i-1", "RegisterInstance", "InvalidInstanceName", "InstanceName", []string{"PrivateIpAddress", "10.0.0.99", "InstanceName", "as-typed"}},
		{"instance-ranges", "RegisterInstanceRange", "InvalidCidrBlock", "CidrBlock", []string{"CidrBlock", "10.99.0.0/16"}},
	} {
		f.wantBesideTheField(t, s.site, b)
	}
	s.with(func() { s.answers["DescribeInstances"] = api.DescribeInstancesOutput{} })
	b.get("instances").want(t, http.StatusOK, "No server is registered by itself.", "None. In a range")
	b.get("instances/i-9").want(t, http.StatusNotFound)
}

// Every kind of object with tags shows them and has forms to add and remove one; a refused
// tag is shown again with the error beside its field.
func TestTags(t *testing.T) {
	s := newStrictSite(t)
	b := s.signIn(t, "root-key")
	for page, resource := range map[string]string{
		"load-balancers/lb-1": "ResourceId.1=lb-1 ResourceType=slb", "networks/n-1": "ResourceId.1=n-1 ResourceType=network",
		"networks/n-1/vswitches/vsw-1": "ResourceId.1=vsw-1 ResourceType=vswitch", "eips/eip-1": "ResourceId.1=eip-1 ResourceType=eip",
		"instances/i-1": "ResourceId.1=i-1 ResourceType=instance",
	} {
		s.with(func() { s.answers["TagResources"] = api.TagResourcesOutput{} })
		b.get(page).want(t, http.StatusOK, "owner", `aria-label="Remove the tag owner"`, `action="/console/`+page+`/tags"`)
		if got := b.post(page+"/tags", "Key", " stage ", "Value", ""); got.Header.Get("Location") != Path+page || !s.called("TagResources "+resource+" Tag.1.Key=stage") {
			t.Errorf("%s: %d to %q, calls %q", page, got.StatusCode, got.Header.Get("Location"), s.calls)
		}
		if got := b.post(page+"/tags/remove", "key", "owner"); got.Header.Get("Location") != Path+page || !s.called("UntagResources "+resource+" TagKey.1=owner") {
			t.Errorf("%s: %d to %q, calls %q", page, got.StatusCode, got.Header.Get("Location"), s.calls)
		}
		s.with(func() {
			s.answers["TagResources"] = &rpc.Error{Status: 400, Code: "InvalidTag.1", Message: "The documented message."}
		})
		b.post(page+"/tags", "Key", "acs:stage", "Value", "as-typed").want(t, http.StatusBadRequest, `id="e-Key"`, "must not start with aliyun or acs:", `value="as-typed"`)
		b.post(page+"/tags", "Key", "one-more", "Value", "as-typed").want(t, http.StatusBadRequest, "The documented message.", `value="one-more"`)
	}
	alice := s.signIn(t, "alice")
	s.allow(t, `{"Effect":"Allow","Action":"ens:DescribeNetworkAttribute","Resource":"*"}`)
	got := alice.get("networks/n-1")
	got.want(t, http.StatusOK, "ens:ListTagResources")
	for _, offer := range []string{"Add a tag", "Remove the tag", "Change name", "Delete…"} {
		if strings.Contains(got.text, offer) {
			t.Errorf("%s is offered", offer)
		}
	}
}
