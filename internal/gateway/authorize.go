package gateway

import (
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

// resources lists what the call acts on, as policies name it.
func resources(op *api.Operation, who ram.Identity, params map[string]string) []string {
	return op.ActsOn(who.AccountID, who.UserName, params)
}
