package api

import "strings"

// ActsOn lists what a call acts on, in the notation of policies; a caller without
// a user name is the account itself, or a role. Only the rows that the
// operation's table entry names are read: a parameter that the operation does not
// have must not change what a Deny is compared with.
func (o *Operation) ActsOn(accountID, caller string, params map[string]string) []string {
	var all []string
	for _, r := range o.Resources {
		if one := r.in(accountID, caller, params); one != "" {
			all = append(all, one)
		}
	}
	if all == nil {
		product, _, _ := strings.Cut(o.Action(), ":")
		all = []string{"acs:" + product + ":*:" + accountID + ":*"}
	}
	return all
}

// in is the resource of one call; "" if its name is absent, which binding refuses
// if it is required.
func (r Resource) in(accountID, caller string, params map[string]string) string {
	ours := "acs:ram:*:" + accountID + ":"
	name := func(row, kind string) string {
		if row == "" || params[row] == "" {
			return ""
		}
		return ours + kind + params[row]
	}
	switch {
	case r.OrCaller && params[r.User] == "" && caller != "":
		return ours + "user/" + caller
	case r.User != "":
		return name(r.User, "user/")
	case r.Group != "":
		return name(r.Group, "group/")
	case r.Role != "":
		if of, role, isARN := roleOf(params[r.Role]); isARN {
			return "acs:ram:*:" + of + ":role/" + role
		}
		return name(r.Role, "role/")
	case r.PolicyType != "" && params[r.PolicyType] == "System" && params[r.Policy] != "":
		return "acs:ram:*:system:policy/" + params[r.Policy]
	}
	return name(r.Policy, "policy/")
}
