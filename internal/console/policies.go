package console

import (
	"errors"
	"net/netip"
	"strings"

	"elbow/internal/api"
	"elbow/internal/elb"
	"elbow/internal/ram"
)

// A policiesPage shows a range of the policies.
type policiesPage struct {
	Policies []api.Policy
	Next     string // marker of what is left
}

// policyPages show policies and their users, and create, change and delete them.
type policyPages struct{ *visit }

func (v policyPages) policies() error {
	out, err := ask[api.ListPoliciesOutput](v.visit, "ListPolicies", map[string]string{"Marker": v.r.URL.Query().Get("after"), "MaxItems": "50"})
	if err != nil {
		return err
	}
	return v.show("policies", "Policies", policiesPage{Policies: out.Policies.Policy, Next: out.Marker})
}

// startingPoint is the initial document of a new policy.
const startingPoint = `{
  "Version": "1",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "ens:Describe*",
      "Resource": "*"
    }
  ]
}`

func (v policyPages) newPolicyPage() error {
	if err := v.needsCall("CreatePolicy", nil); err != nil {
		return err
	}
	return v.policyPage(200, map[string]string{"PolicyDocument": startingPoint}, nil)
}

func (v policyPages) policyPage(status int, values map[string]string, failed error) error {
	f := formPages(v).formOf(operation("CreatePolicy"), values, failed, map[string]tweak{"PolicyDocument": leftOut}) // the page has its own field, with a check
	v.render(status, "policy_new", "New policy", policyForm{f, values["PolicyDocument"], checkDocument(values["PolicyDocument"])})
	return nil
}

// A policyForm is the form of a policy with its document and the result of its check.
type policyForm struct {
	form
	Document string
	Check    check
}

// A check lists the errors of a document.
type check struct {
	OK           bool
	Line, Column int
	Text         string
}

func checkDocument(document string) check {
	_, err := ram.Parse(document)
	if wrong, ok := errors.AsType[*ram.SyntaxError](err); ok {
		return check{Line: wrong.Line, Column: wrong.Column, Text: wrong.Reason}
	}
	return check{OK: err == nil}
}

// checkPolicy reports the errors of a document while it is typed. It makes no call.
func (v policyPages) checkPolicy() error {
	v.partial(200, "policy_new", "policy-check", checkDocument(strings.ReplaceAll(v.r.PostFormValue("PolicyDocument"), "\r\n", "\n")))
	return nil
}

func (v policyPages) createPolicy() error {
	op := operation("CreatePolicy")
	values := formPages(v).values(op)
	if _, err := v.do(op.Name, values); err != nil {
		return v.policyPage(v.problemOf(err).Status, values, err)
	}
	return v.done(at("policies/"+elb.CustomPolicy, values["PolicyName"]), "The policy is made. Attach it to a user.")
}

func (v policyPages) policy() error {
	out, err := ask[api.GetPolicyOutput](v.visit, "GetPolicy", map[string]string{
		"PolicyType": v.r.PathValue("type"), "PolicyName": v.r.PathValue("name"),
	})
	if err != nil {
		return err
	}
	return v.show("policy", "Policy "+out.Policy.PolicyName, out)
}

func (v policyPages) deletePolicyPage() error {
	name := v.r.PathValue("name")
	return formPages(v).confirm(question{
		Call: "DeletePolicy", Params: map[string]string{"PolicyName": name}, Title: "Delete the policy " + name + "?", Text: "A policy that a user, group or role has cannot be deleted: detach it first.", Button: "Delete",
		Do: at("policies/"+elb.CustomPolicy, name) + "/delete", Back: at("policies/"+elb.CustomPolicy, name),
	})
}

func (v policyPages) deletePolicy() error {
	name := v.r.PathValue("name")
	return formPages(v).delete("DeletePolicy", map[string]string{"PolicyName": name}, at("policies/"+elb.CustomPolicy, name), "policies", "The policy is deleted.")
}

// A testerPage evaluates whether a user may perform an action.
type testerPage struct {
	User, Action, Resource, Source string
	Secure                         bool
	Actions                        []string // of all operations, to choose from
	Asked                          bool
	Decision                       string // Allow, ImplicitDeny or ExplicitDeny
	By                             []decided
	Failed                         string
}

// A decided is a policy that allows or denies the request.
type decided struct {
	NamedPolicy
	Decision string
}

// tester evaluates the policies and performs nothing.
func (v policyPages) tester() error {
	q := v.r.URL.Query()
	page := testerPage{User: q.Get("user"), Action: q.Get("action"), Resource: q.Get("resource"), Source: q.Get("source"), Secure: q.Get("secure") != ""}
	for _, op := range api.Operations() {
		page.Actions = append(page.Actions, op.Action())
	}
	if page.User == "" || page.Action == "" {
		if err := v.needsCall("ListPoliciesForUser", map[string]string{"UserName": page.User}); err != nil {
			return err
		}
		return v.show("tester", "May this user do that?", page)
	}
	// A visitor who may list the policies of a user may also know their effect.
	if _, err := v.do("ListPoliciesForUser", map[string]string{"UserName": page.User}); err != nil {
		p := v.problemOf(err)
		if p.Action != "" {
			return err
		}
		page.Failed = p.Text
		return v.show("tester", "May this user do that?", page)
	}
	conditions := ram.Conditions{SecureTransport: page.Secure, CurrentTime: v.Now(), SourceIP: source(v.r)}
	if page.Source != "" {
		addr, err := netip.ParseAddr(page.Source)
		if err != nil {
			page.Failed = "The source is no IP address."
			return v.show("tester", "May this user do that?", page)
		}
		conditions.SourceIP = addr.Unmap()
	}
	if err := v.decide(&page, conditions); err != nil {
		return err
	}
	return v.show("tester", "May this user do that?", page)
}

// decide evaluates all policies of the user together, and each alone to find those that
// decided.
func (v policyPages) decide(page *testerPage, c ram.Conditions) error {
	policies, err := v.PoliciesOf(v.r.Context(), page.User)
	if err != nil {
		return err
	}
	product, _, _ := strings.Cut(strings.ToLower(page.Action), ":")
	resource := page.Resource
	if resource == "" {
		resource = "acs:" + product + ":*:" + v.person.Identity.AccountID + ":*"
	}
	var all []*ram.Policy
	for _, p := range policies {
		all = append(all, p.Policy)
		if d := ram.Evaluate([]*ram.Policy{p.Policy}, page.Action, resource, c); d != ram.ImplicitDeny {
			page.By = append(page.By, decided{p, d.String()})
		}
	}
	page.Asked, page.Resource = true, resource
	page.Decision = ram.Evaluate(all, page.Action, resource, c).String()
	return nil
}
