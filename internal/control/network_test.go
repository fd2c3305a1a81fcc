package control_test

import (
	"net/netip"
	"testing"

	"elbow/internal/control"
	"elbow/internal/elb"
	"elbow/internal/store"

	"github.com/google/go-cmp/cmp"
)

func TestDescribeEnsRegions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	want := answer{"Code": 0.0, "EnsRegions": map[string]any{"EnsRegions": []any{
		map[string]any{"Area": "local", "EnName": "local", "EnsRegionId": "local", "Name": "local", "Province": "local"},
	}}}
	if diff := cmp.Diff(want, w.do("DescribeEnsRegions", nil)); diff != "" {
		t.Errorf("regions (-want +got):\n%s", diff)
	}
	if all := w.do("DescribeEnsRegions", params{"EnsRegionId": "other"}).list("EnsRegions", "EnsRegions"); len(all) != 0 {
		t.Errorf("got %v", all)
	}
}

func TestDescribeNetworksAndVSwitches(t *testing.T) {
	t.Parallel()
	w := newWorldIn(t, "127.8.0.0/29")
	w.loadBalancer()
	w.put(func(tx *store.Tx) {
		cidr := netip.MustParsePrefix("10.0.0.0/24")
		store.Networks.Put(tx, elb.Network{ID: "n-2", RegionID: "other", Name: "second", CIDR: cidr, CreateTime: today})
		store.VSwitches.Put(tx, elb.VSwitch{ID: "vsw-2", NetworkID: "n-2", RegionID: "other", Name: "second", CIDR: cidr, CreateTime: today})
	})
	for _, tt := range []struct {
		p          params
		nets, vsws int
	}{
		{p: nil, nets: 2, vsws: 2},
		{p: params{"EnsRegionId": "local"}, nets: 1, vsws: 1},
		{p: params{"EnsRegionIds.1": "local", "EnsRegionIds.2": "other"}, nets: 2, vsws: 2},
		{p: params{"NetworkId": "n-2"}, nets: 1, vsws: 1},
		{p: params{"NetworkIds.1": "n-2", "VSwitchIds.1": "vsw-2"}, nets: 1, vsws: 1},
		{p: params{"NetworkName": "second", "VSwitchName": "second"}, nets: 1, vsws: 1},
		{p: params{"NetworkName": "none", "VSwitchId": "vsw-none"}, nets: 0, vsws: 0},
		{p: params{"PageSize": "1", "PageNumber": "2"}, nets: 1, vsws: 1},
	} {
		if n := len(w.do("DescribeNetworks", tt.p).list("Networks", "Network")); n != tt.nets {
			t.Errorf("%v: got %d networks, want %d", tt.p, n, tt.nets)
		}
		if n := len(w.do("DescribeVSwitches", tt.p).list("VSwitches", "VSwitch")); n != tt.vsws {
			t.Errorf("%v: got %d vSwitches, want %d", tt.p, n, tt.vsws)
		}
	}
	network := w.do("DescribeNetworks", params{"NetworkId": "n-default"}).list("Networks", "Network")[0]
	want := answer{
		"CidrBlock": "127.8.0.0/29", "CreatedTime": "2026-03-27T12:00:00Z", "Description": "The network of the first start.",
		"EnsRegionId": "local", "GatewayRouteTableId": "", "NetworkAclId": "", "NetworkId": "n-default",
		"NetworkName": "default", "RouteTableId": "", "RouteTableIds": map[string]any{"RouteTableId": []any{}},
		"RouterTableId": "", "SecondaryCidrBlocks": map[string]any{"SecondaryCidrBlock": []any{}}, "Status": "Available",
		"Tags": map[string]any{"Tag": []any{}}, "VSwitchIds": map[string]any{"VSwitchId": []any{"vsw-default"}},
	}
	if diff := cmp.Diff(want, network); diff != "" {
		t.Errorf("network (-want +got):\n%s", diff)
	}
	vSwitch := w.do("DescribeVSwitches", params{"VSwitchId": "vsw-default"}).list("VSwitches", "VSwitch")[0]
	want = answer{
		"CidrBlock": "127.8.0.0/29", "CreatedTime": "2026-03-27T12:00:00Z", "Description": "The vSwitch of the first start.",
		"EnsRegionId": "local", "FreeIpCount": 5.0, "NetworkId": "n-default", "Status": "Available",
		"Tags": map[string]any{"Tag": []any{}}, "VSwitchId": "vsw-default", "VSwitchName": "default",
	}
	if diff := cmp.Diff(want, vSwitch); diff != "" {
		t.Errorf("vSwitch (-want +got):\n%s", diff)
	}
}

// The first start creates the objects; later ones do not change them.
func TestBootstrap(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	again := control.BootstrapConfig{Region: "elsewhere", VSwitch: netip.MustParsePrefix("127.9.0.0/16")}
	if done, err := w.service.Bootstrapped(t.Context()); err != nil || !done {
		t.Errorf("Bootstrapped: %v, %v", done, err)
	}
	before := w.revision()
	if err := w.service.Bootstrap(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	if w.revision() != before {
		t.Error("a second start changed the store")
	}
	w.do("ReleaseInstance", params{"InstanceId": "vsw-default"})
	if err := w.service.Bootstrap(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	if all := w.do("DescribeVSwitches", nil).list("VSwitches", "VSwitch"); len(all) != 0 {
		t.Errorf("a released vSwitch came back: %v", all)
	}
}

// The key that an operator configures is root's at every start.
func TestBootstrapWritesTheRootKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	root := control.BootstrapConfig{AccessKeyID: "root", Secret: "secret"}
	secret := func() (string, bool) {
		c, found, err := w.store.Credential(t.Context(), "root")
		if err != nil {
			t.Fatal(err)
		}
		return c.Key.Secret, found && c.Key.Active && c.Key.UserName == ""
	}
	before := w.revision()
	if err := w.service.Bootstrap(t.Context(), root); err != nil || w.revision() != before {
		t.Errorf("the same key again: %v, and the store changed", err)
	}
	w.do("DeleteAccessKey", params{"UserAccessKeyId": "root"})
	root.Secret = "another"
	if err := w.service.Bootstrap(t.Context(), root); err != nil {
		t.Fatal(err)
	}
	if got, usable := secret(); got != "another" || !usable {
		t.Errorf("got the secret %q, usable %v", got, usable)
	}
	w.do("CreateUser", params{"UserName": "alice"})
	hers := w.do("CreateAccessKey", params{"UserName": "alice"}).text("AccessKey", "AccessKeyId")
	if err := w.service.Bootstrap(t.Context(), control.BootstrapConfig{AccessKeyID: hers, Secret: "s"}); err == nil {
		t.Error("a user's key became root's")
	}
}
