package console

import (
	"cmp"
	"fmt"
	"strings"

	"elbow/internal/api"
	"elbow/internal/elb"
)

// A holder is a user, group or role that policies are attached to.
type holder struct {
	kind string // User, Group or Role, as in the names of operations
	name string
	here string // its page
}

// of returns the parameter that names the holder.
func (h holder) of() map[string]string { return map[string]string{h.kind + "Name": h.name} }

// with adds a policy to that parameter: its type, a space, its name.
func (h holder) with(policy string) map[string]string {
	params := h.of()
	kind, name := elb.CustomPolicy, policy
	if rest, system := strings.CutPrefix(name, elb.SystemPolicy+" "); system {
		kind, name = elb.SystemPolicy, rest
	} else {
		name, _ = strings.CutPrefix(name, elb.CustomPolicy+" ")
	}
	params["PolicyType"], params["PolicyName"] = kind, name
	return params
}

// holderPages attach policies to users, groups and roles, and detach them.
type holderPages struct{ *visit }

// policies returns the policies of a holder.
func (v holderPages) policies(h holder) ([]api.UserPolicy, error) {
	answer, err := v.do("ListPoliciesFor"+h.kind, h.of())
	switch out := answer.(type) {
	case api.ListPoliciesForUserOutput:
		return out.Policies.Policy, err
	case api.ListPoliciesForGroupOutput:
		return out.Policies.Policy, err
	case api.ListPoliciesForRoleOutput:
		return out.Policies.Policy, err
	}
	return nil, cmp.Or(err, errNotFound)
}

// attachable returns the policies that a holder does not have.
func (v holderPages) attachable(h holder, has []api.UserPolicy) (all []option) {
	out, err := ask[api.ListPoliciesOutput](v.visit, "ListPolicies", map[string]string{"MaxItems": "1000"})
	if err != nil {
		return nil
	}
	there := make(map[string]bool)
	for _, p := range has {
		there[p.PolicyType+" "+p.PolicyName] = true
	}
	for _, p := range out.Policies.Policy {
		name := p.PolicyType + " " + p.PolicyName
		if !there[name] && v.mayCall(operation("AttachPolicyTo"+h.kind), h.with(name)) {
			all = append(all, option{Value: name, Text: p.PolicyName + " (" + p.PolicyType + ")"})
		}
	}
	return all
}

// section lists the policies of a group or role, and reports whether it has none, as far as
// is known.
func (v holderPages) section(h holder, empty string) (one section, none bool) {
	one = section{ID: "policies", Title: "Policies", Table: table{
		Columns: []column{{"Name", "wide"}, {"Type", ""}, {"Description", "wide"}}, Empty: empty,
	}}
	has, err := v.policies(h)
	one.Table.Missing = problemIf(v.visit, err)
	for _, p := range has {
		name := p.PolicyType + " " + p.PolicyName
		cells := texts(p.PolicyName, p.PolicyType, p.Description)
		cells[0].To = tablePages(v).linkTo(at("policies/"+p.PolicyType, p.PolicyName), "GetPolicy", "PolicyType", p.PolicyType, "PolicyName", p.PolicyName)
		r := row{Cells: cells}
		if v.mayCall(operation("DetachPolicyFrom"+h.kind), h.with(name)) {
			r.Do = append(r.Do, action{Text: "Detach…", Label: "Detach " + p.PolicyName, To: h.here + "/policies/detach?" + query("policy", name)})
		}
		one.Table.Rows = append(one.Table.Rows, r)
	}
	one.Choose = &choice{To: h.here + "/policies", Label: "Attach a policy", Field: "policy", Button: "Attach", Options: v.attachable(h, has)}
	return one, len(has) == 0
}

func (v holderPages) attach(h holder) error {
	return formPages(v).act("AttachPolicyTo"+h.kind, h.with(v.r.PostFormValue("policy")), h.here, "The policy is attached.")
}

func (v holderPages) detachPage(h holder, text string) error {
	name := v.r.FormValue("policy")
	params := h.with(name)
	return formPages(v).confirm(question{
		Call: "DetachPolicyFrom" + h.kind, Params: params, Title: fmt.Sprintf("Detach the policy %s from %s?", params["PolicyName"], h.name), Button: "Detach",
		Text: text, Do: h.here + "/policies/detach", Back: h.here, With: map[string]string{"policy": name},
	})
}

func (v holderPages) detach(h holder) error {
	return formPages(v).act("DetachPolicyFrom"+h.kind, h.with(v.r.FormValue("policy")), h.here, "The policy is detached.")
}
