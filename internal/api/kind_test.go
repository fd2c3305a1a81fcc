package api

import (
	"slices"
	"strings"
	"testing"
)

// The list of a kind is right: the operation exists, only reads, has the
// parameter for the parent resource, and requires no other.
func TestKinds(t *testing.T) {
	for _, op := range Operations() {
		for _, row := range op.New().Params() {
			for _, r := range append(row.Var.Shape().Items, row) {
				if r.New && (r.Names == nil || op.Access != "create" && !strings.HasPrefix(r.Name, "New")) {
					t.Errorf("%s, %s: names something new, but the operation neither creates nor renames it", op.Name, r.Name)
				}
				if r.Names == nil {
					continue
				}
				list, ok := Lookup(r.Names.Version, r.Names.List)
				if !ok || list.Access != "list" {
					t.Errorf("%s, %s: %q is no list", op.Name, r.Name, r.Names.List)
					continue
				}
				for _, p := range list.New().Params() {
					given := slices.ContainsFunc(r.Names.With, func(e Example) bool { return e.Name == p.Name && e.Value != "" })
					if p.Required && p.Name != r.Names.Within && !given {
						t.Errorf("%s requires %s, which no look-up for %s has", list.Name, p.Name, r.Name)
					}
				}
				if within := r.Names.Within; within != "" && !has(list, within) {
					t.Errorf("%s has no parameter %s", list.Name, within)
				}
				_ = r.errors() // panics if one is not in the table
				for _, id := range r.errors() {
					_ = id.New("x")
				}
			}
		}
	}
}

// A parameter whose name says that it identifies a resource says of which kind.
func TestNamesAreOfKinds(t *testing.T) {
	// Ids of resources that exist only in the public API, names that nothing is
	// looked up by, and search terms.
	free := []string{"ResourceGroupId", "SecurityGroupId", "ImageId", "LoadBalancerName", "InstanceName", "NetworkName", "VSwitchName", "DisplayName", "NewDisplayName", "RoleSessionName", "ExternalId", "NetworkInterfaceId", "NetworkInterfaceName", "EnsServiceId", "Name", "EipName", "ResourceId", "DomainName"}
	for _, op := range Operations() {
		for _, r := range op.New().Params() {
			names := strings.HasSuffix(r.Name, "Id") || strings.HasSuffix(r.Name, "Name")
			if names && r.Names == nil && !slices.Contains(free, r.Name) {
				t.Errorf("%s: %s names something, but no kind", op.Name, r.Name)
			}
		}
	}
}

func has(op *Operation, name string) bool {
	return slices.ContainsFunc(op.New().Params(), func(r Param) bool { return r.Name == name })
}

func TestConcerns(t *testing.T) {
	row := func(version, action, name string) Param {
		op, ok := Lookup(version, action)
		if !ok {
			t.Fatalf("no operation %s", action)
		}
		i := slices.IndexFunc(op.New().Params(), func(r Param) bool { return r.Name == name })
		return op.New().Params()[i]
	}
	for _, tt := range []struct {
		row  Param
		code string
		want bool
	}{
		{row(RamVersion, "CreateUser", "UserName"), "EntityAlreadyExists.User", true},
		{row(RamVersion, "CreateUser", "UserName"), "EntityNotExist.User", false},
		{row(RamVersion, "AttachPolicyToUser", "UserName"), "EntityNotExist.User", true},
		{row(RamVersion, "AttachPolicyToUser", "UserName"), "EntityNotExist.Policy", false},
		{row(RamVersion, "AttachPolicyToUser", "PolicyName"), "EntityNotExist.Policy", true},
		{row(RamVersion, "CreatePolicy", "PolicyDocument"), "MalformedPolicyDocument", true},
		{row(EnsVersion, "CreateLoadBalancerHTTPSListener", "ListenerPort"), "ListenerAlreadyExists", true},
		{row(EnsVersion, "CreateLoadBalancerHTTPSListener", "ServerCertificateId"), "ServerCertificateNotFound", true},
		{row(EnsVersion, "CreateLoadBalancerHTTPSListener", "Scheduler"), "", false},
	} {
		if got := tt.row.Concerns(tt.code); got != tt.want {
			t.Errorf("%s, %s: got %t, want %t", tt.row.Name, tt.code, got, tt.want)
		}
	}
}

// A condition of Stops is about a parameter, or a member of the items of one.
func TestStopsAreOfParameters(t *testing.T) {
	for _, op := range Operations() {
		if op.Stops == nil || op.Stops == always {
			continue
		}
		name, member, isItem := strings.Cut(op.Stops.Name, ".")
		i := slices.IndexFunc(op.New().Params(), func(r Param) bool { return r.Name == name })
		if i < 0 || op.Stops.Is == "" || !op.Changes() {
			t.Errorf("%s stops by %v", op.Name, *op.Stops)
			continue
		}
		items := op.New().Params()[i].Var.Shape().Items
		if isItem && !slices.ContainsFunc(items, func(r Param) bool { return r.Name == member }) {
			t.Errorf("%s stops by %v: items have no such member", op.Name, *op.Stops)
		}
	}
}
