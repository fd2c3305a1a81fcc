package console

import (
	"net/http"
	"strings"
	"testing"

	"elbow/internal/api"
	"elbow/internal/elb"
	"elbow/internal/rpc"
)

// withNetworks adds a network with a vSwitch, an EIP that is associated and one that is
// not. Their texts are hostile.
func withNetworks(s *site) {
	network := api.Network{NetworkID: "n-1", NetworkName: hostile, Description: hostile, CidrBlock: "10.0.0.0/8", EnsRegionID: "local", Status: "Available"}
	s.answers["CreateNetwork"] = api.CreateNetworkOutput{NetworkID: "n-1"}
	s.answers["CreateVSwitch"] = api.CreateVSwitchOutput{VSwitchID: "vsw-1"}
	s.answers["CreateEipInstance"] = api.CreateEipInstanceOutput{AllocationID: "eip-1"}
	s.answers["DescribeNetworks"] = api.DescribeNetworksOutput{Networks: api.Networks{Network: []api.Network{network}}, Page: api.Page{TotalCount: 1}}
	s.answers["DescribeNetworkAttribute"] = api.DescribeNetworkAttributeOutput{Network: network}
	s.answers["DescribeVSwitches"] = api.DescribeVSwitchesOutput{VSwitches: api.VSwitches{VSwitch: []api.VSwitch{
		{VSwitchID: "vsw-1", VSwitchName: hostile, NetworkID: "n-1", CidrBlock: "10.1.0.0/16", FreeIPCount: 65000, Status: "Available"},
	}}}
	s.answers["DescribeVSwitchAttributes"] = api.DescribeVSwitchAttributesOutput{VSwitchID: "vsw-1", VSwitchName: hostile, NetworkID: "n-1", CidrBlock: "10.1.0.0/16"}
	s.answers["DescribeEnsEipAddresses"] = api.DescribeEnsEipAddressesOutput{EipAddresses: api.EipAddresses{EipAddress: []api.EipAddress{
		{AllocationID: "eip-1", IPAddress: "203.0.113.1", Name: hostile, Description: hostile, Status: api.EIPAvailable, Bandwidth: 5},
	}}, Page: api.Page{TotalCount: 1}}
}

// refusing makes the site answer an operation with an error.
func (s *site) refusing(action, code string) {
	s.with(func() {
		s.answers[action] = &rpc.Error{Status: 400, Code: code, Message: "The documented message.", Recommend: "What exactly is wrong"}
	})
}

// A refusedForm is a form whose call is refused with an error about one of its fields.
type refusedForm struct {
	page, action, code, field string
	values                    []string
}

// wantBesideTheField sends the form, and wants it back with the error beside the field and
// the values that were typed.
func (f refusedForm) wantBesideTheField(t *testing.T, s *site, b *browser) {
	t.Helper()
	s.refusing(f.action, f.code)
	got := b.post(f.page, f.values...)
	got.want(t, http.StatusBadRequest, "The documented message.", `id="e-`+f.field+`"`, `<a href="#f-`+f.field+`">`)
	for i := 1; i < len(f.values); i += 2 {
		if value := f.values[i]; !strings.Contains(got.text, value) {
			t.Errorf("%s: %s is not there again", f.page, value)
		}
	}
}

// An acceptedForm is a form whose call succeeds.
type acceptedForm struct {
	page   string
	values []string
	call   string // that the form makes
	leads  string // page that it leads to
}

// wantCall sends the form, and wants its call and the redirect.
func (f acceptedForm) wantCall(t *testing.T, s *site, b *browser) {
	t.Helper()
	got := b.post(f.page, f.values...)
	if leads := strings.TrimPrefix(got.Header.Get("Location"), Path); got.StatusCode != http.StatusSeeOther || leads != f.leads {
		t.Errorf("%s: status %d, leads to %q, want %q: %s", f.page, got.StatusCode, leads, f.leads, got.text)
	}
	if !s.called(f.call) {
		t.Errorf("%s: no call %q in %q", f.page, f.call, s.calls)
	}
}

// An error of the API is shown beside the field of the form, which is open.
func TestNetworkErrorsBesideTheField(t *testing.T) {
	s := newSite(t)
	withNetworks(s)
	b := s.signIn(t, "root-key")
	for _, f := range []refusedForm{
		{"networks", "CreateNetwork", "InvalidCidrBlock", "CidrBlock", []string{"EnsRegionId", "local", "CidrBlock", "10.20.0.0/16", "NetworkName", "as-typed"}},
		{"networks/n-1", "ModifyNetworkAttribute", "InvalidNetworkName", "NetworkName", []string{"NetworkName", "as-typed"}},
		{"networks/n-1/vswitches", "CreateVSwitch", "InvalidCidrBlock", "CidrBlock", []string{"EnsRegionId", "local", "CidrBlock", "10.20.0.0/24", "VSwitchName", "as-typed"}},
		{"networks/n-1/vswitches/vsw-1", "ModifyVSwitchAttribute", "InvalidDescription", "Description", []string{"Description", "as-typed"}},
		{"eips", "CreateEipInstance", "InvalidIpAddress", "IpAddress", []string{"EnsRegionId", "local", "InstanceChargeType", "PostPaid", "InternetChargeType", "95BandwidthByMonth", "IpAddress", "203.0.113.77"}},
		{"eips/eip-1", "ModifyEnsEipAddressAttribute", "InvalidBandwidth", "Bandwidth", []string{"Bandwidth", "77"}},
		{"eips/eip-1/associate", "AssociateEnsEipAddress", "InvalidInstanceId", "InstanceId", []string{"InstanceId", "lb-typed"}},
	} {
		f.wantBesideTheField(t, s, b)
	}
}

// Each form makes its call and leads to the page of the object; an empty name clears it.
func TestNetworkForms(t *testing.T) {
	s := newSite(t)
	withNetworks(s)
	s.with(func() {
		s.answers["CreateNetwork"] = api.CreateNetworkOutput{NetworkID: "n-2"}
		s.answers["CreateVSwitch"] = api.CreateVSwitchOutput{VSwitchID: "vsw-2"}
		s.answers["CreateEipInstance"] = api.CreateEipInstanceOutput{AllocationID: "eip-2"}
		for _, action := range []string{
			"ModifyNetworkAttribute", "DeleteNetwork", "ModifyVSwitchAttribute", "DeleteVSwitch",
			"ModifyEnsEipAddressAttribute", "AssociateEnsEipAddress", "UnAssociateEnsEipAddress", "DeleteEip",
		} {
			s.answers[action] = operation(action).Out()
		}
	})
	b := s.signIn(t, "root-key")
	for _, f := range []acceptedForm{
		{"networks", []string{"EnsRegionId", "local", "CidrBlock", "10.0.0.0/8"}, "CreateNetwork CidrBlock=10.0.0.0/8 EnsRegionId=local", "networks/n-2"},
		{"networks/n-1", []string{"NetworkName", "", "Description", "edge"}, "ModifyNetworkAttribute Description=edge NetworkId=n-1 NetworkName=", "networks/n-1"},
		{"networks/n-1/delete", nil, "DeleteNetwork NetworkId=n-1", "networks"},
		{"networks/n-1/vswitches", []string{"EnsRegionId", "local", "CidrBlock", "10.1.0.0/16"}, "CreateVSwitch CidrBlock=10.1.0.0/16 EnsRegionId=local NetworkId=n-1", "networks/n-1/vswitches/vsw-2"},
		{"networks/n-1/vswitches/vsw-1", []string{"VSwitchName", "", "Description", ""}, "ModifyVSwitchAttribute Description= VSwitchId=vsw-1 VSwitchName=", "networks/n-1/vswitches/vsw-1"},
		{"networks/n-1/vswitches/vsw-1/delete", nil, "DeleteVSwitch VSwitchId=vsw-1", "networks/n-1"},
		{"eips", []string{"EnsRegionId", "local", "Name", "shop"}, "CreateEipInstance EnsRegionId=local Name=shop", "eips/eip-2"},
		{"eips/eip-1", []string{"Name", "", "Bandwidth", ""}, "ModifyEnsEipAddressAttribute AllocationId=eip-1 Name=", "eips/eip-1"},
		{"eips/eip-1/associate", []string{"InstanceId", "lb-1"}, "AssociateEnsEipAddress AllocationId=eip-1 InstanceId=lb-1", "eips/eip-1"},
		{"eips/eip-1/unassociate", nil, "UnAssociateEnsEipAddress AllocationId=eip-1", "eips/eip-1"},
		{"eips/eip-1/delete", nil, "DeleteEip InstanceId=eip-1", "eips"},
	} {
		f.wantCall(t, s, b)
	}
}

// Empty lists say what is missing, and their form is open. An object in use, which cannot
// be deleted, has no link to its deletion; its page says why.
func TestNetworksWithAndWithoutContent(t *testing.T) {
	s := newSite(t)
	withNetworks(s)
	b := s.signIn(t, "root-key")
	b.get("networks/n-1").want(t, http.StatusOK, "networks/n-1/delete", "vsw-1")
	b.get("networks/n-1/vswitches/vsw-1").want(t, http.StatusOK, "vsw-1/delete", "Nothing yet.")
	b.get("networks/n-2/vswitches/vsw-1").want(t, http.StatusNotFound)
	b.get("eips/eip-1").want(t, http.StatusOK, "eip-1/delete", "Associate with a load balancer")
	s.with(func() {
		members := api.Members{LoadBalancerIDs: api.LoadBalancerIDs{LoadBalancerID: []string{"lb-1"}}, InstanceIDs: api.InstanceIDs{InstanceID: []string{"i-7"}}}
		s.state.LoadBalancers = []elb.LoadBalancer{{ID: "lb-1", Name: "shop"}}
		s.answers["DescribeNetworkAttribute"] = api.DescribeNetworkAttributeOutput{
			Network: api.Network{NetworkID: "n-1", VSwitchIDs: api.VSwitchIDs{VSwitchID: []string{"vsw-1"}}}, Members: members,
		}
		s.answers["DescribeVSwitchAttributes"] = api.DescribeVSwitchAttributesOutput{VSwitchID: "vsw-1", NetworkID: "n-1", Members: members}
		s.answers["DescribeEnsEipAddresses"] = api.DescribeEnsEipAddressesOutput{EipAddresses: api.EipAddresses{EipAddress: []api.EipAddress{
			{AllocationID: "eip-1", IPAddress: "203.0.113.1", Status: api.EIPInUse, InstanceID: "lb-1", InstanceType: api.SlbInstance},
		}}, Page: api.Page{TotalCount: 1}}
	})
	for page, want := range map[string]string{
		"networks/n-1":                 "once it has no vSwitch",
		"networks/n-1/vswitches/vsw-1": "once it has no load balancer",
		"eips/eip-1":                   "once no load balancer has it",
	} {
		got := b.get(page)
		got.want(t, http.StatusOK, want, `href="/console/load-balancers/lb-1">shop</a>`)
		if strings.Contains(got.text, page+"/delete") || strings.Contains(got.text, "Associate with a load balancer") {
			t.Errorf("%s offers what must fail", page)
		}
	}
	b.get("eips/eip-1/unassociate").want(t, http.StatusOK, "from shop?", "It has no traffic at this moment.")
	s.with(func() {
		for _, action := range []string{"DescribeNetworks", "DescribeVSwitches", "DescribeEnsEipAddresses"} {
			s.answers[action] = operation(action).Out()
		}
	})
	b.get("networks").want(t, http.StatusOK, "There is no network", `<details class="more" open>`)
	b.get("networks/n-1").want(t, http.StatusOK, "There is no vSwitch")
	b.get("eips").want(t, http.StatusOK, "There is no EIP yet.", `<details class="more" open>`)
	b.get("eips/eip-9").want(t, http.StatusNotFound)
}

// Several lists of one section are one entry of the navigation, which leads to the first
// list that the visitor may see.
func TestNavigationLeadsToWhatMayBeSeen(t *testing.T) {
	s := newStrictSite(t)
	b := s.signIn(t, "alice")
	b.get("eips").want(t, http.StatusOK, `<a href="/console/networks" aria-current="true">Networks</a>`, `<a href="/console/eips" aria-current="page">EIPs</a>`)
	s.allow(t, `{"Effect":"Allow","Action":"ens:DescribeEnsEipAddresses","Resource":"*"}`)
	got := b.get("eips")
	got.want(t, http.StatusOK, `<a href="/console/eips" aria-current="page">Networks</a>`)
	for _, none := range []string{"Access", "Lists of this section", "New EIP"} {
		if strings.Contains(got.text, none) {
			t.Errorf("%q is offered", none)
		}
	}
}
