package ram

import "strings"

// A Decision is the outcome of an evaluation. The zero value denies.
type Decision uint8

const (
	ImplicitDeny Decision = iota // no statement allows the call
	ExplicitDeny                 // a statement denies the call
	Allow
)

// String is the name of the decision in AccessDeniedDetail.
func (d Decision) String() string {
	switch d {
	case Allow:
		return "Allow"
	case ExplicitDeny:
		return "ExplicitDeny"
	default:
		return "ImplicitDeny"
	}
}

// Evaluate decides whether policies allow action, "ens:CreateLoadBalancer", on
// resource, "acs:ens:*:1234567890:*". A statement that denies outweighs all that
// allow; a call that no statement allows is denied. The order of the policies and
// of their statements does not matter.
//
// It takes time linear in the length of the policies for each character of the
// action and the resource.
func Evaluate(policies []*Policy, action, resource string, c Conditions) Decision {
	action = strings.ToLower(action)
	decision := ImplicitDeny
	for _, p := range policies {
		for i := range p.statements {
			s := &p.statements[i]
			if (decision == Allow && !s.deny) || !s.concerns(action, resource, c) {
				continue
			}
			if s.deny {
				return ExplicitDeny
			}
			decision = Allow
		}
	}
	return decision
}

func (s *statement) concerns(action, resource string, c Conditions) bool {
	if !s.actions.match(action) || !s.resources.match(resource) {
		return false
	}
	for _, one := range s.conditions {
		if !one.holds(c) {
			return false
		}
	}
	return true
}
