package api

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// The operations that the four products must have, in the order of the table.
var wanted = map[string]string{
	"Ens 2017-11-10": `CreateLoadBalancer DescribeLoadBalancers DescribeLoadBalancerAttribute
		ModifyLoadBalancerAttribute SetLoadBalancerStatus DescribeLoadBalancerSpec ReleaseInstance DeleteLoadBalancer
		CreateLoadBalancerHTTPSListener SetLoadBalancerHTTPSListenerAttribute DescribeLoadBalancerHTTPSListenerAttribute
		CreateLoadBalancerHTTPListener SetLoadBalancerHTTPListenerAttribute DescribeLoadBalancerHTTPListenerAttribute DeleteLoadBalancerHTTPListener
		CreateLoadBalancerTCPListener SetLoadBalancerTCPListenerAttribute DescribeLoadBalancerTCPListenerAttribute
		CreateLoadBalancerUDPListener SetLoadBalancerUDPListenerAttribute DescribeLoadBalancerUDPListenerAttribute
		DescribeLoadBalancerListeners StartLoadBalancerListener StopLoadBalancerListener DeleteLoadBalancerListener
		AddBackendServers SetBackendServers RemoveBackendServers
		RegisterInstance DeregisterInstance RegisterInstanceRange DeregisterInstanceRange
		DescribeInstances DescribeNetworkInterfaces
		DescribeLoadBalancerListenMonitor DescribeServerLoadBalancerListenMonitor DescribeServerLoadBalancerMonitor
		DescribeEnsRegions DescribeNetworks DescribeVSwitches
		CreateNetwork DescribeNetworkAttribute ModifyNetworkAttribute DeleteNetwork
		CreateVSwitch DescribeVSwitchAttributes ModifyVSwitchAttribute DeleteVSwitch DescribeRegionIsps
		CreateEipInstance DescribeEnsEipAddresses AssociateEnsEipAddress UnAssociateEnsEipAddress
		ModifyEnsEipAddressAttribute DeleteEip
		TagResources UntagResources ListTagResources`,
	"cas 2020-04-07": `UploadUserCertificate GetUserCertificateDetail ListUserCertificateOrder DeleteUserCertificate`,
	"Ram 2015-05-01": `CreateUser GetUser ListUsers UpdateUser DeleteUser
		CreateAccessKey ListAccessKeys UpdateAccessKey DeleteAccessKey
		CreateLoginProfile GetLoginProfile UpdateLoginProfile DeleteLoginProfile ChangePassword UnbindMFADevice
		CreatePolicy GetPolicy ListPolicies UpdatePolicyDescription ListEntitiesForPolicy DeletePolicy
		AttachPolicyToUser DetachPolicyFromUser ListPoliciesForUser
		CreatePolicyVersion GetPolicyVersion ListPolicyVersions SetDefaultPolicyVersion DeletePolicyVersion
		CreateGroup GetGroup ListGroups UpdateGroup DeleteGroup AddUserToGroup RemoveUserFromGroup ListUsersForGroup
		ListGroupsForUser AttachPolicyToGroup DetachPolicyFromGroup ListPoliciesForGroup
		CreateRole GetRole ListRoles UpdateRole DeleteRole AttachPolicyToRole DetachPolicyFromRole ListPoliciesForRole`,
	"Sts 2015-04-01": `AssumeRole GetCallerIdentity`,
}

func TestOperations(t *testing.T) {
	got := make(map[string][]string)
	for _, op := range Operations() {
		product := op.Product + " " + op.Version
		got[product] = append(got[product], op.Name)
	}
	for product, names := range wanted {
		if want := strings.Fields(names); !reflect.DeepEqual(got[product], want) {
			t.Errorf("%s: got %v, want %v", product, got[product], want)
		}
	}
	if len(got) != len(wanted) {
		t.Errorf("got %d products, want %d", len(got), len(wanted))
	}
}

func TestLookup(t *testing.T) {
	for _, tt := range []struct{ version, action, want string }{
		{"2017-11-10", "CreateLoadBalancer", "ens:CreateLoadBalancer"},
		{"2020-04-07", "UploadUserCertificate", "cas:UploadUserCertificate"},
		{"2015-05-01", "CreateUser", "ram:CreateUser"},
		{"2015-04-01", "GetCallerIdentity", "sts:GetCallerIdentity"},
		{"2017-11-10", "CreateUser", ""},
		{"2017-11-10", "createLoadBalancer", ""},
		{"2017-11-11", "CreateLoadBalancer", ""},
		{"", "", ""},
	} {
		var got string
		if op, ok := Lookup(tt.version, tt.action); ok {
			got = op.Action()
		}
		if got != tt.want {
			t.Errorf("%s %s: got %q, want %q", tt.version, tt.action, got, tt.want)
		}
	}
}

// Each operation is complete enough for all its readers.
func TestOperationsAreComplete(t *testing.T) {
	levels := "create list get update delete"
	for _, op := range Operations() {
		if op.Doc == "" || !strings.HasSuffix(op.Doc, ".") {
			t.Errorf("%s: its text %q is no sentence", op.Name, op.Doc)
		}
		if op.Access == "" || !strings.Contains(levels, op.Access) {
			t.Errorf("%s: access level %q, want one of %s", op.Name, op.Access, levels)
		}
		if op.Rate.Account == 0 || op.Rate.User == 0 {
			t.Errorf("%s: got rate %+v, want both bounds", op.Name, op.Rate)
		}
		if reflect.TypeOf(op.Out()).Name() != op.Name+"Output" {
			t.Errorf("%s: answers %T", op.Name, op.Out())
		}
		if reflect.TypeOf(op.New()).Elem().Name() != op.Name+"Input" {
			t.Errorf("%s: binds to %T", op.Name, op.New())
		}
		if err := Bind(op.New(), example(op)); err != nil {
			t.Errorf("%s: its example is refused: %v", op.Name, err)
		}
		rows := make(map[string]Param)
		required := false
		for _, r := range op.New().Params() {
			if r.Doc == "" || !strings.HasSuffix(r.Doc, ".") {
				t.Errorf("%s, %s: its text %q is no sentence", op.Name, r.Name, r.Doc)
			}
			for _, c := range r.When {
				if _, ok := rows[c.Name]; !ok {
					t.Errorf("%s, %s: its condition %s is bound later or never", op.Name, r.Name, c.Name)
				}
			}
			if _, ok := rows[r.Name]; ok {
				t.Errorf("%s: has %s twice", op.Name, r.Name)
			}
			if r.Default != "" {
				if err := r.Var.Set(r.Default); err != nil {
					t.Errorf("%s, %s: its default is refused: %v", op.Name, r.Name, err)
				}
			}
			rows[r.Name] = r
			required = required || r.Required
		}
		named := make(map[string]bool)
		for _, r := range op.Resources {
			for _, name := range []string{r.User, r.Group, r.Role, r.Policy, r.PolicyType} {
				if _, ok := rows[name]; !ok && name != "" {
					t.Errorf("%s: its resource is named by %s, which is no parameter", op.Name, name)
				}
				named[name] = true
			}
		}
		for _, r := range rows {
			isEntity := slices.Contains([]*Kind{userKind, groupKind, roleKind, roleARNKind, policyKind}, r.Names)
			if isEntity && !named[r.Name] {
				t.Errorf("%s: has %s, but no resource that it names", op.Name, r.Name)
			}
		}
		for _, e := range op.Example {
			if _, ok := rows[e.Name]; !ok {
				t.Errorf("%s: its example has %s, which is no parameter", op.Name, e.Name)
			}
		}
		listed := make(map[ErrorID]bool)
		for _, id := range op.Errors {
			if listed[id] {
				t.Errorf("%s: lists %s twice", op.Name, id)
			}
			listed[id] = true
			_ = id.New("x") // panics if the table has no such row
		}
		if listed[ErrMissing] != required {
			t.Errorf("%s: lists Missing%%s %v, has a required parameter %v", op.Name, listed[ErrMissing], required)
		}
		if listed[ErrInvalid] != (len(rows) > 0) {
			t.Errorf("%s: lists Invalid%%s %v, has %d parameters", op.Name, listed[ErrInvalid], len(rows))
		}
	}
}

// Each operation that changes something names the one that shows the change,
// whose required parameters the call or its answer has, or says that there is
// none.
func TestChangesAreObserved(t *testing.T) {
	for _, op := range Operations() {
		look, ok := op.Observer()
		switch {
		case !op.Changes():
			if op.ObservedBy != "" || look != op {
				t.Errorf("%s only reads, but is observed by %q", op.Name, op.ObservedBy)
			}
			continue
		case op.ObservedBy == NoObserver && !ok:
			continue
		case !ok || look.Changes():
			t.Errorf("%s: observed by %q, want an operation of its version that reads, or NoObserver", op.Name, op.ObservedBy)
			continue
		}
		known := make(map[string]string)
		for _, r := range op.New().Params() {
			known[r.Name] = "x"
		}
		for _, f := range reflect.VisibleFields(reflect.TypeOf(op.Out())) {
			if kind := f.Type.Kind(); kind == reflect.String || kind == reflect.Int || kind == reflect.Int64 {
				name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				known[cmp.Or(name, f.Name)] = "x"
			}
		}
		of, ok := look.Of(op, known)
		if !ok {
			t.Errorf("%s: observed by %s, but has not all that it requires", op.Name, look.Name)
		}
		if len(of) == len(op.ObservedWith) {
			t.Errorf("%s: observed by %s, which is told nothing of it", op.Name, look.Name)
		}
		for name, value := range op.ObservedWith {
			if i := slices.IndexFunc(look.New().Params(), func(r Param) bool { return r.Name == name }); i < 0 || value == "" || known[name] != "" {
				t.Errorf("%s: observed with %s, want a parameter of %s that it has not itself", op.Name, name, look.Name)
			}
		}
	}
}

// A parameter has one label in all forms, and a heading that they have.
func TestLabelsAndGroups(t *testing.T) {
	labels := make(map[string]string)
	for _, op := range Operations() {
		for _, row := range op.New().Params() {
			for _, r := range append(row.Var.Shape().Items, row) {
				member := r.Name != row.Name // which is shown under the name of its list
				if label, seen := labels[r.Name]; !member && seen && label != r.Label {
					t.Errorf("%s: %s has the label %q, elsewhere %q", op.Name, r.Name, r.Label, label)
				}
				if !member {
					labels[r.Name] = r.Label
				}
				if !slices.Contains(Groups, r.Group) {
					t.Errorf("%s: %s is in the group %q, which is not among Groups", op.Name, r.Name, r.Group)
				}
			}
		}
	}
}

// Two inputs of one operation share no variable.
func TestInputsAreFresh(t *testing.T) {
	op, _ := Lookup(EnsVersion, "DescribeNetworks")
	a, b := op.New(), op.New()
	if err := Bind(a, map[string]string{"EnsRegionIds.1": "x"}); err != nil {
		t.Fatal(err)
	}
	if got := b.(*DescribeNetworksInput).RegionIDs; got != nil {
		t.Errorf("binding one input set %v in another", got)
	}
}
