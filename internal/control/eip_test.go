package control_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"elbow/internal/api"
	"elbow/internal/control"
	"elbow/internal/elb"
	"elbow/internal/store"

	"github.com/google/go-cmp/cmp"
)

// withEIPs gives the service of a world an EIP pool.
func (w *world) withEIPs(pool string) *world {
	w.t.Helper()
	ranges, err := elb.ParseNetworks(pool)
	if err != nil {
		w.t.Fatal(err)
	}
	eips, err := elb.NewEIPPool(ranges)
	if err != nil {
		w.t.Fatal(err)
	}
	w.service = control.New(control.Config{Store: w.store, Now: w.clock, EIPs: eips})
	w.handlers = w.service.Handlers()
	return w
}

var newEIP = params{"EnsRegionId": "local", "InstanceChargeType": "PostPaid", "InternetChargeType": "95BandwidthByMonth"}

func (w *world) eip(p params) string {
	w.t.Helper()
	return w.do("CreateEipInstance", newEIP.with(p)).text("AllocationId")
}

func (w *world) eips(p params) []answer {
	w.t.Helper()
	return w.do("DescribeEnsEipAddresses", p).list("EipAddresses", "EipAddress")
}

// attached are the addresses of EIPs of a load balancer in the desired state.
func (w *world) attached(lb string) (all []string) {
	w.t.Helper()
	err := w.store.View(w.t.Context(), func(r *store.Reader) error {
		l, _ := store.LoadBalancers.Get(r, lb)
		for _, e := range l.EIPs {
			all = append(all, e.Address.String())
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// The life of an EIP.
func TestEIP(t *testing.T) {
	t.Parallel()
	w := newWorld(t).withEIPs("203.0.113.0/30")
	lb, other := w.loadBalancer(), w.loadBalancer()
	id := w.eip(params{"Name": "shop", "Description": "of the shop", "Isp": "cmcc", "Bandwidth": "10"})
	want := answer{
		"AllocationId": id, "AllocationTime": "2026-03-27T12:00:00Z", "Bandwidth": 10.0, "ChargeType": "PostPaid", "Description": "of the shop",
		"EnsRegionId": "local", "IcmpReplyEnabled": true, "InstanceId": "", "InstanceType": "", "InternetChargeType": "95BandwidthByMonth",
		"IpAddress": "203.0.113.1", "IpStatus": "Available", "Isp": "cmcc", "Name": "shop", "Standby": false, "Status": "Available",
		"Tags": map[string]any{"Tag": []any{}},
	}
	if diff := cmp.Diff([]answer{want}, w.eips(params{"AllocationId": id})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}

	associate := params{"AllocationId": id, "InstanceId": lb, "InstanceType": "SlbInstance"}
	w.do("AssociateEnsEipAddress", associate)
	w.do("AssociateEnsEipAddress", associate) // a repetition is no error
	w.do("AssociateEnsEipAddress", associate.with(params{"Standby": "true"}))
	want["Status"], want["IpStatus"], want["InstanceId"], want["InstanceType"], want["Standby"] = "InUse", "InUse", lb, "SlbInstance", true
	if diff := cmp.Diff([]answer{want}, w.eips(params{"AssociatedInstanceId": lb, "AssociatedInstanceType": "SlbInstance"})); diff != "" {
		t.Errorf("associated (-want +got):\n%s", diff)
	}
	if got := w.attached(lb); !slices.Equal(got, []string{"203.0.113.1"}) {
		t.Errorf("the load balancer has %v", got)
	}
	w.refuse("AssociateEnsEipAddress", associate.with(params{"InstanceId": other}), "IncorrectEipStatus")
	w.refuse("DeleteEip", params{"InstanceId": id}, "IncorrectEipStatus")
	w.refuse("ReleaseInstance", params{"InstanceId": id}, "IncorrectEipStatus")

	w.do("UnAssociateEnsEipAddress", params{"AllocationId": id})
	if got := w.attached(lb); len(got) != 0 {
		t.Errorf("the load balancer still has %v", got)
	}
	w.refuse("UnAssociateEnsEipAddress", params{"AllocationId": id}, "IncorrectEipStatus")
	w.do("DeleteEip", params{"InstanceId": id})
	if got := w.eips(nil); len(got) != 0 {
		t.Errorf("after all there are %v", got)
	}
	w.refuse("DeleteEip", params{"InstanceId": id}, "InvalidAllocationId.NotFound")
	w.refuse("ReleaseInstance", params{"InstanceId": id}, "5100")
}

// Resources other than load balancers have no EIP here, whatever the type.
func TestAssociateWithOtherThings(t *testing.T) {
	t.Parallel()
	w := newWorld(t).withEIPs("203.0.113.0/30")
	id, lb := w.eip(nil), w.loadBalancer()
	for _, kind := range []string{"EnsInstance", "Nat", "NatSlbInstance", "NetworkInterface"} {
		w.refuse("AssociateEnsEipAddress", params{"AllocationId": id, "InstanceId": lb, "InstanceType": kind}, "InvalidParameter.InstanceType")
	}
	w.refuse("AssociateEnsEipAddress", params{"AllocationId": id, "InstanceId": "i-1"}, "LoadBalancerNotFound")
	w.do("AssociateEnsEipAddress", params{"AllocationId": id, "InstanceId": lb}) // an absent type means a load balancer
}

// The EIPs of a deleted load balancer are free again.
func TestDeleteLoadBalancerWithEIPs(t *testing.T) {
	t.Parallel()
	w := newWorld(t).withEIPs("203.0.113.0/24")
	lb := w.loadBalancer()
	for range 20 { // the maximum
		w.do("AssociateEnsEipAddress", params{"AllocationId": w.eip(nil), "InstanceId": lb, "Standby": "true"})
	}
	w.refuse("AssociateEnsEipAddress", params{"AllocationId": w.eip(nil), "InstanceId": lb}, "TooManyEips")
	w.do("DeleteLoadBalancer", params{"LoadBalancerId": lb})
	if got := w.eips(params{"Status": "Available", "Standby": "false", "PageSize": "100"}); len(got) != 21 {
		t.Errorf("%d of 21 EIPs are free", len(got))
	}
}

// The pool assigns each address once, also to concurrent calls, and reports when
// it is used up.
func TestEIPPoolUsedUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t).withEIPs("203.0.113.0/29,203.0.113.99")
	var wg sync.WaitGroup
	errs := make([]error, 12)
	for i := range errs {
		wg.Go(func() { _, errs[i] = w.try(t.Context(), "CreateEipInstance", newEIP) })
	}
	wg.Wait()
	refused := 0
	for _, err := range errs {
		if err == nil {
			continue
		}
		refused++
		if e, ok := errors.AsType[*api.Error](err); !ok || e.Code != "EipNotEnough" || !strings.Contains(e.Reason, "-eip-pool") {
			t.Errorf("got %v", err)
		}
	}
	addresses := make(map[string]bool)
	for _, e := range w.eips(params{"PageSize": "100"}) {
		addresses[e.text("IpAddress")] = true
	}
	if refused != 5 || len(addresses) != 7 {
		t.Errorf("%d of 12 were refused, %d addresses given; want 5 and 7", refused, len(addresses))
	}
	_, err := newWorld(t).try(t.Context(), "CreateEipInstance", newEIP)
	if e, ok := errors.AsType[*api.Error](err); !ok || e.Code != "EipNotEnough" || !strings.Contains(e.Reason, "without -eip-pool") {
		t.Errorf("without a pool: %v", err)
	}
}

// The addresses that an EIP may have; none is in a vSwitch, whichever was created
// first.
func TestEIPsAndVSwitchesAreApart(t *testing.T) {
	t.Parallel()
	w := newWorldIn(t, "127.8.0.0/24").withEIPs("127.9.0.0/29,127.8.0.0/28,127.9.1.0/29")
	for _, tt := range []struct{ address, want string }{
		{"127.9.1.3", ""},
		{"127.9.1.3", "InvalidParameter.IpAddress"}, // taken
		{"127.9.1.0", "InvalidParameter.IpAddress"}, // the first of its range
		{"127.9.1.9", "InvalidParameter.IpAddress"}, // in no range
		{"127.8.0.1", "InvalidParameter.IpAddress"}, // in a vSwitch
		{"2001:db8::1", "InvalidParameter.IpAddress"},
	} {
		_, err := w.try(t.Context(), "CreateEipInstance", newEIP.with(params{"IpAddress": tt.address}))
		e, _ := errors.AsType[*api.Error](err)
		if (err == nil) != (tt.want == "") || e != nil && e.Code != tt.want {
			t.Errorf("%s: got %v, want %q", tt.address, err, tt.want)
		}
	}
	for range 11 { // of 12 that are left in two ranges: the one in the vSwitch is not used
		w.eip(nil)
	}
	w.refuse("CreateEipInstance", newEIP, "EipNotEnough")
	if why, err := w.service.UnusedEIPs(t.Context()); err != nil || len(why) != 1 || !strings.Contains(why[0].Error(), "127.8.0.0/28 has addresses of the vSwitch vsw-default") {
		t.Errorf("unused: %v, %v", why, err)
	}
	network := w.network("127.0.0.0/8")
	w.refuse("CreateVSwitch", params{"EnsRegionId": "local", "NetworkId": network, "CidrBlock": "127.9.0.0/16"}, "InvalidParameter.CidrBlock")
	w.withEIPs("") // a pool that is no longer configured: its EIPs remain
	w.refuse("CreateVSwitch", params{"EnsRegionId": "local", "NetworkId": network, "CidrBlock": "127.9.0.0/16"}, "InvalidParameter.CidrBlock")
	w.vSwitch(network, "127.10.0.0/16")
}

func TestModifyEIPAndFilters(t *testing.T) {
	t.Parallel()
	w := newWorld(t).withEIPs("203.0.113.0/24")
	a, b := w.eip(params{"Name": "a", "Description": "first"}), w.eip(params{"Name": "b"})
	w.do("AssociateEnsEipAddress", params{"AllocationId": b, "InstanceId": w.loadBalancer()})
	for _, tt := range []struct {
		p                            params
		name, description, bandwidth string
	}{
		{params{}, "a", "first", "5"},
		{params{"Bandwidth": "200"}, "a", "first", "200"},
		{params{"Name": "new"}, "new", "first", "200"},
		{params{"Name": "", "Description": ""}, "", "", "200"},
	} {
		w.do("ModifyEnsEipAddressAttribute", tt.p.with(params{"AllocationId": a}))
		got := w.eips(params{"AllocationId": a})[0]
		if got.text("Name") != tt.name || got.text("Description") != tt.description || got["Bandwidth"] != map[string]float64{"5": 5, "200": 200}[tt.bandwidth] {
			t.Errorf("%v: got %v", tt.p, got)
		}
	}
	for _, tt := range []struct {
		p    params
		want int
	}{
		{nil, 2},
		{params{"AllocationId": a + "," + b + "," + a}, 2},
		{params{"AllocationId": "eip-none," + b}, 1},
		{params{"EipName": "b"}, 1},
		{params{"EipAddress": "203.0.113.2"}, 1},
		{params{"EipAddress": "::ffff:203.0.113.2"}, 1},
		{params{"Status": "InUse"}, 1},
		{params{"Status": "Available"}, 1},
		{params{"Standby": "true"}, 0},
		{params{"AssociatedInstanceType": "SlbInstance"}, 1},
		{params{"AssociatedInstanceType": "EnsInstance"}, 0},
		{params{"AssociatedInstanceId": "lb-none"}, 0},
		{params{"EnsRegionId": "other"}, 0},
		{params{"EnsRegionIds.1": "local"}, 2},
		{params{"PageSize": "1", "PageNumber": "2"}, 1},
	} {
		if got := len(w.eips(tt.p)); got != tt.want {
			t.Errorf("%v: got %d, want %d", tt.p, got, tt.want)
		}
	}
}

// The same ClientToken gives the same EIP.
func TestCreateEIPOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t).withEIPs("203.0.113.0/24")
	token := params{"ClientToken": "t"}
	if a, b := w.eip(token), w.eip(token); a != b || len(w.eips(nil)) != 1 {
		t.Errorf("got %s and %s", a, b)
	}
	w.refuse("CreateEipInstance", newEIP.with(token).with(params{"Name": "other"}), "IdempotentParameterMismatch")
}
