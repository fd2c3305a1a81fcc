package api

import "strings"

// ActsOn lists what a call acts on, as policies name it; a caller without a user
// name is the account itself. Only the rows that the operation's table entry names
// are read: a parameter that the operation does not have must not change what a
// Deny is compared with.
func (o *Operation) ActsOn(accountID, caller string, params map[string]string) []string {
	product, _, _ := strings.Cut(o.Action(), ":")
	ours := "acs:" + product + ":*:" + accountID + ":"
	var all []string
	for _, r := range o.Resources {
		user, policy := params[r.User], params[r.Policy]
		if r.OrCaller && user == "" {
			user = caller
		}
		switch {
		case r.User != "" && user != "":
			all = append(all, ours+"user/"+user)
		case r.Policy == "" || policy == "": // binding will refuse the call
		case r.PolicyType != "" && params[r.PolicyType] == "System":
			all = append(all, "acs:"+product+":*:system:policy/"+policy)
		default:
			all = append(all, ours+"policy/"+policy)
		}
	}
	if all == nil {
		all = []string{ours + "*"}
	}
	return all
}
