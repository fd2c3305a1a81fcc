package gateway

import (
	"strings"

	"elbow/internal/api"
	"elbow/internal/ram"
)

// authorize asks the policies of a RAM user. Root may do everything.
func (c *call) authorize() error {
	who := c.credential.Identity
	if who.Root() || c.op.Unrestricted {
		return nil
	}
	conditions := ram.Conditions{SourceIP: c.source, SecureTransport: c.secure, CurrentTime: c.start}
	for _, resource := range resources(c.op, who, c.req.Params) {
		decision := ram.Evaluate(c.credential.Policies, c.op.Action(), resource, conditions)
		if decision == ram.Allow {
			continue
		}
		return api.NoPermission(c.op, &api.AccessDenied{
			AuthAction:               c.op.Action(),
			AuthPrincipalDisplayName: who.UserName,
			AuthPrincipalOwnerID:     who.AccountID,
			AuthPrincipalType:        "SubUser",
			NoPermissionType:         decision.String(),
			PolicyType:               "AccountLevelIdentityBasedPolicy",
		})
	}
	return nil
}

// resources lists what the call acts on, as policies name it. Only the rows that
// the operation's table entry names are read: a parameter that the operation does
// not have must not change what a Deny is compared with.
func resources(op *api.Operation, who ram.Identity, params map[string]string) []string {
	product, _, _ := strings.Cut(op.Action(), ":")
	ours := "acs:" + product + ":*:" + who.AccountID + ":"
	var all []string
	for _, r := range op.Resources {
		user, policy := params[r.User], params[r.Policy]
		if r.OrCaller && user == "" {
			user = who.UserName
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
