package gateway

import (
	"elbow/internal/api"
	"elbow/internal/ram"
)

// authorize evaluates the policies of a RAM user, or of the role of a session and
// then those of the session itself: both must allow the call. Root may do
// everything.
func (c *call) authorize() error {
	who := c.credential.Identity
	if who.Root() || c.op.Unrestricted {
		return nil
	}
	conditions := ram.Conditions{SourceIP: c.source, SecureTransport: c.secure, CurrentTime: c.start}
	for _, resource := range resources(c.op, who, c.req.Params) {
		decision := ram.Evaluate(c.credential.Policies, c.op.Action(), resource, conditions)
		if decision != ram.Allow {
			return c.denied(decision, "AccountLevelIdentityBasedPolicy")
		}
		if c.credential.Session == nil {
			continue
		}
		decision = ram.Evaluate([]*ram.Policy{c.credential.Session}, c.op.Action(), resource, conditions)
		if decision != ram.Allow {
			return c.denied(decision, "SessionPolicy")
		}
	}
	return nil
}

// denied says which permission is missing, and in what kind of policy.
func (c *call) denied(decision ram.Decision, policyType string) error {
	who := c.credential.Identity
	detail := &api.AccessDenied{
		AuthAction:               c.op.Action(),
		AuthPrincipalDisplayName: who.UserName,
		AuthPrincipalOwnerID:     who.AccountID,
		AuthPrincipalType:        "SubUser",
		NoPermissionType:         decision.String(),
		PolicyType:               policyType,
	}
	if who.RoleName != "" {
		detail.AuthPrincipalDisplayName, detail.AuthPrincipalType = who.RoleName+":"+who.SessionName, "AssumedRoleUser"
	}
	return api.NoPermission(c.op, detail)
}

// resources lists what the call acts on, in the notation of policies.
func resources(op *api.Operation, who ram.Identity, params map[string]string) []string {
	return op.ActsOn(who.AccountID, who.UserName, params)
}
