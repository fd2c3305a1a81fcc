package gateway

import (
	"strings"

	"elbow/internal/api"
	"elbow/internal/ram"
)

// everybodys are the actions that need no policy: who one is, and one's own
// password, for which the old one is asked.
var everybodys = map[string]bool{"sts:GetCallerIdentity": true, "ram:ChangePassword": true}

// authorize asks the policies of a RAM user. Root may do everything.
func (c *call) authorize() error {
	who := c.credential.Identity
	if who.Root() || everybodys[c.op.Action()] {
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

// resources are what the call is about; it must be allowed on each of them.
// Operations of ENS and of the certificate service have no resource level: a
// policy can name them all or none. Those of RAM are about a user, a policy or
// both.
func resources(op *api.Operation, who ram.Identity, params map[string]string) []string {
	product, _, _ := strings.Cut(op.Action(), ":")
	ours := "acs:" + product + ":*:" + who.AccountID + ":"
	if op.Product != "Ram" {
		return []string{ours + "*"}
	}
	user, policy := params["UserName"], params["PolicyName"]
	if user == "" && strings.Contains(op.Name, "AccessKey") {
		user = who.UserName // these are about the caller if they name nobody
	}
	var all []string
	if user != "" {
		all = append(all, ours+"user/"+user)
	}
	switch {
	case policy != "" && params["PolicyType"] == "System":
		all = append(all, "acs:ram:*:system:policy/"+policy)
	case policy != "":
		all = append(all, ours+"policy/"+policy)
	}
	if all == nil {
		all = []string{ours + "*"}
	}
	return all
}
