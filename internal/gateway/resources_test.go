package gateway

import (
	"context"
	"encoding/json"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"elbow/internal/api"
	"elbow/internal/leak"
	"elbow/internal/ram"
)

// sample is a value for each row that names a resource, and for the rows that
// operations do not have.
var sample = map[string]string{
	"UserName": "bob", "NewUserName": "rob", "GroupName": "ops", "NewGroupName": "devs", "RoleName": "deploy", "RoleArn": "acs:ram::1:role/deploy", "PolicyName": "critical", "PolicyType": "System",
}

// asked are the resources that policies are evaluated for in a call of each
// operation with the values of sample. An operation that is not listed acts on
// everything of the account.
var asked = map[string][]string{
	"ram:CreateUser":              {"acs:ram:*:1:user/bob"},
	"ram:GetUser":                 {"acs:ram:*:1:user/bob"},
	"ram:DeleteUser":              {"acs:ram:*:1:user/bob"},
	"ram:CreateAccessKey":         {"acs:ram:*:1:user/bob"},
	"ram:ListAccessKeys":          {"acs:ram:*:1:user/bob"},
	"ram:UpdateAccessKey":         {"acs:ram:*:1:user/bob"},
	"ram:DeleteAccessKey":         {"acs:ram:*:1:user/bob"},
	"ram:CreateLoginProfile":      {"acs:ram:*:1:user/bob"},
	"ram:GetLoginProfile":         {"acs:ram:*:1:user/bob"},
	"ram:UpdateLoginProfile":      {"acs:ram:*:1:user/bob"},
	"ram:DeleteLoginProfile":      {"acs:ram:*:1:user/bob"},
	"ram:CreatePolicy":            {"acs:ram:*:1:policy/critical"},
	"ram:DeletePolicy":            {"acs:ram:*:1:policy/critical"},
	"ram:UpdatePolicyDescription": {"acs:ram:*:1:policy/critical"},
	"ram:ListEntitiesForPolicy":   {"acs:ram:*:system:policy/critical"},
	"ram:UnbindMFADevice":         {"acs:ram:*:1:user/bob"},
	"ram:GetPolicy":               {"acs:ram:*:system:policy/critical"},
	"ram:AttachPolicyToUser":      {"acs:ram:*:1:user/bob", "acs:ram:*:system:policy/critical"},
	"ram:DetachPolicyFromUser":    {"acs:ram:*:1:user/bob", "acs:ram:*:system:policy/critical"},
	"ram:ListPoliciesForUser":     {"acs:ram:*:1:user/bob"},

	"ram:UpdateUser":              {"acs:ram:*:1:user/bob", "acs:ram:*:1:user/rob"},
	"ram:CreatePolicyVersion":     {"acs:ram:*:1:policy/critical"},
	"ram:GetPolicyVersion":        {"acs:ram:*:system:policy/critical"},
	"ram:ListPolicyVersions":      {"acs:ram:*:system:policy/critical"},
	"ram:SetDefaultPolicyVersion": {"acs:ram:*:1:policy/critical"},
	"ram:DeletePolicyVersion":     {"acs:ram:*:1:policy/critical"},
	"ram:CreateGroup":             {"acs:ram:*:1:group/ops"},
	"ram:GetGroup":                {"acs:ram:*:1:group/ops"},
	"ram:UpdateGroup":             {"acs:ram:*:1:group/ops", "acs:ram:*:1:group/devs"},
	"ram:DeleteGroup":             {"acs:ram:*:1:group/ops"},
	"ram:AddUserToGroup":          {"acs:ram:*:1:group/ops", "acs:ram:*:1:user/bob"},
	"ram:RemoveUserFromGroup":     {"acs:ram:*:1:group/ops", "acs:ram:*:1:user/bob"},
	"ram:ListUsersForGroup":       {"acs:ram:*:1:group/ops"},
	"ram:ListGroupsForUser":       {"acs:ram:*:1:user/bob"},
	"ram:AttachPolicyToGroup":     {"acs:ram:*:1:group/ops", "acs:ram:*:system:policy/critical"},
	"ram:DetachPolicyFromGroup":   {"acs:ram:*:1:group/ops", "acs:ram:*:system:policy/critical"},
	"ram:ListPoliciesForGroup":    {"acs:ram:*:1:group/ops"},
	"ram:CreateRole":              {"acs:ram:*:1:role/deploy"},
	"ram:GetRole":                 {"acs:ram:*:1:role/deploy"},
	"ram:UpdateRole":              {"acs:ram:*:1:role/deploy"},
	"ram:DeleteRole":              {"acs:ram:*:1:role/deploy"},
	"ram:AttachPolicyToRole":      {"acs:ram:*:1:role/deploy", "acs:ram:*:system:policy/critical"},
	"ram:DetachPolicyFromRole":    {"acs:ram:*:1:role/deploy", "acs:ram:*:system:policy/critical"},
	"ram:ListPoliciesForRole":     {"acs:ram:*:1:role/deploy"},
	"sts:AssumeRole":              {"acs:ram:*:1:role/deploy"},
}

// declared are the parameters that the test sends for the rows of op, and
// undeclared those of every other operation, in several spellings.
func declared(op *api.Operation) (params map[string]string, undeclared map[string]string) {
	params, undeclared = op.Sample(), make(map[string]string)
	own := make(map[string]bool)
	for _, r := range op.New().Params() {
		own[r.Name] = true
		if v, ok := sample[r.Name]; ok {
			params[r.Name] = v
		}
	}
	for _, other := range api.Operations() {
		for _, r := range other.New().Params() {
			for _, name := range []string{r.Name, strings.ToLower(r.Name), r.Name + ".1", "", " " + r.Name} {
				if !own[name] {
					undeclared[name] = "x"
					if v, ok := sample[r.Name]; ok {
						undeclared[name] = v
					}
				}
			}
		}
	}
	return params, undeclared
}

// The resources that policies are evaluated for come from the rows of the
// operation and from nothing else in the call.
func TestResources(t *testing.T) {
	leak.Check(t)
	who := ram.Identity{AccountID: "1", UserID: "2", UserName: "me"}
	for _, op := range api.Operations() {
		params, undeclared := declared(op)
		want := asked[op.Action()]
		if want == nil {
			product, _, _ := strings.Cut(op.Action(), ":")
			want = []string{"acs:" + product + ":*:1:*"}
		}
		if got := resources(op, who, params); !slices.Equal(got, want) {
			t.Errorf("%s: asks about %q, want %q", op.Action(), got, want)
		}
		for name, value := range undeclared {
			with := maps.Clone(params)
			with[name] = value
			if got := resources(op, who, with); !slices.Equal(got, want) {
				t.Errorf("%s with %q=%q: asks about %q, want %q", op.Action(), name, value, got, want)
			}
		}
		maps.Copy(undeclared, params)
		if got := resources(op, who, undeclared); !slices.Equal(got, want) {
			t.Errorf("%s with every parameter there is: asks about %q, want %q", op.Action(), got, want)
		}
	}
	for _, tt := range []struct {
		action string
		params map[string]string
		want   string
	}{
		{"CreateAccessKey", nil, "acs:ram:*:1:user/me"},
		{"DeleteAccessKey", map[string]string{"UserAccessKeyId": "k"}, "acs:ram:*:1:user/me"},
		{"GetUser", nil, "acs:ram:*:1:*"}, // binding refuses it
		{"GetPolicy", map[string]string{"PolicyName": "p", "PolicyType": "Custom"}, "acs:ram:*:1:policy/p"},
		{"GetPolicy", map[string]string{"PolicyName": "p", "PolicyType": "system"}, "acs:ram:*:1:policy/p"}, // binding refuses it, too
	} {
		op, _ := api.Lookup(api.RamVersion, tt.action)
		if got := resources(op, who, tt.params); !slices.Equal(got, []string{tt.want}) {
			t.Errorf("%s %v: asks about %q, want %q", tt.action, tt.params, got, tt.want)
		}
	}
}

// A Deny on what an operation acts on holds, whatever else the call contains, for
// every operation. Without the Deny the same call is made.
func TestDenyHoldsWithAnyParameter(t *testing.T) {
	leak.Check(t)
	const allow = `{"Effect":"Allow","Action":"*","Resource":"*"}`
	made := 0
	handlers := make(map[string]Handler)
	for _, op := range api.Operations() {
		handlers[op.Action()] = func(context.Context, ram.Identity, api.Input) (any, error) { made++; return nil, nil }
	}
	clock := time.Now()
	g := New(Config{Handlers: handlers, Now: func() time.Time { clock = clock.Add(time.Second); return clock }})
	defer g.Close()
	call := func(op *api.Operation, params map[string]string, statements string) Answer {
		t.Helper()
		p, err := ram.Parse(`{"Version":"1","Statement":[` + statements + `]}`)
		if err != nil {
			t.Fatal(err)
		}
		return g.Call(t.Context(), Caller{
			Credential: Credential{Identity: ram.Identity{AccountID: "1", UserID: "2", UserName: "me"}, Policies: []*ram.Policy{p}},
			Source:     netip.MustParseAddr("192.0.2.1"),
		}, op.Version, op.Name, params)
	}
	deny := func(resource string) string {
		text, _ := json.Marshal(map[string]string{"Effect": "Deny", "Action": "*", "Resource": resource})
		return allow + "," + string(text)
	}
	for _, op := range api.Operations() {
		if op.Unrestricted {
			continue
		}
		params, undeclared := declared(op)
		wanted := asked[op.Action()]
		if wanted == nil {
			product, _, _ := strings.Cut(op.Action(), ":")
			wanted = []string{"acs:" + product + ":*:1:*"}
		}
		made = 0
		if a := call(op, params, allow); a.Err != nil || made != 1 {
			t.Fatalf("%s %v: %v, made %d times", op.Action(), params, a.Err, made)
		}
		everything := maps.Clone(undeclared)
		maps.Copy(everything, params)
		for _, resource := range wanted {
			try := func(what string, with map[string]string) {
				made = 0
				if a := call(op, with, deny(resource)); a.Err == nil || a.Err.Code != "NoPermission" || made != 0 {
					t.Errorf("%s with %s in spite of a Deny on %s: %v, made %d times", op.Action(), what, resource, a.Err, made)
				}
			}
			try("its own parameters", params)
			try("every parameter there is", everything)
			for name, value := range undeclared {
				with := maps.Clone(params)
				with[name] = value
				try(name+"="+value, with)
			}
		}
	}
}
