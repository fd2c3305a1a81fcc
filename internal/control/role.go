package control

import (
	"context"

	"elbow/internal/api"
	"elbow/internal/elb"
	"elbow/internal/ram"
	"elbow/internal/store"
)

// roleAPI has the operations of roles and their sessions.
type roleAPI struct{ shared }

// CreateRole creates a role without policies.
func (s *roleAPI) CreateRole(ctx context.Context, who ram.Identity, in *api.CreateRoleInput) (out api.CreateRoleOutput, err error) {
	if _, err := ram.ParseTrust(in.Trust); err != nil {
		return out, api.ErrMalformedPolicyDocument.New(err.Error())
	}
	r := elb.Role{
		ID: elb.NewRoleID(), Name: in.RoleName, Description: in.Description, Trust: in.Trust, MaxSession: in.MaxSession,
		CreateDate: s.now(), UpdateDate: s.now(),
	}
	out.Role = role(who, r)
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		if _, taken := store.Roles.Get(tx, r.Name); taken {
			return api.ErrRoleExists.New()
		}
		if store.Roles.Count(tx) >= maxRoles {
			return api.ErrLimitExceededRoles.New()
		}
		store.Roles.Put(tx, r)
		return nil
	})
}

// GetRole describes a role.
func (s *roleAPI) GetRole(ctx context.Context, who ram.Identity, in *api.GetRoleInput) (out api.GetRoleOutput, err error) {
	err = s.store.View(ctx, func(r *store.Reader) error {
		found, err := roleNamed(r, in.RoleName)
		out.Role = role(who, found)
		return err
	})
	return out, err
}

// ListRoles lists a page of the roles in the order of their names.
func (s *roleAPI) ListRoles(ctx context.Context, who ram.Identity, in *api.ListRolesInput) (out api.ListRolesOutput, err error) {
	err = s.store.View(ctx, func(r *store.Reader) error {
		some, next := stretch(store.Roles.After(r, in.Marker, in.MaxItems+1), func(r elb.Role) string { return r.Name }, in.Marker, in.MaxItems)
		out.IsTruncated, out.Marker = next != "", next
		for _, one := range some {
			out.Roles.Role = append(out.Roles.Role, role(who, one))
		}
		return nil
	})
	return out, err
}

// UpdateRole changes the given fields of a role. Its sessions continue.
func (s *roleAPI) UpdateRole(ctx context.Context, who ram.Identity, in *api.UpdateRoleInput) (out api.UpdateRoleOutput, err error) {
	if in.Trust != "" {
		if _, err := ram.ParseTrust(in.Trust); err != nil {
			return out, api.ErrMalformedPolicyDocument.New(err.Error())
		}
	}
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		r, err := roleNamed(&tx.Reader, in.RoleName)
		if err != nil {
			return err
		}
		if in.Trust != "" {
			r.Trust = in.Trust
		}
		if in.Description != nil {
			r.Description = *in.Description
		}
		if in.MaxSession != 0 {
			r.MaxSession = in.MaxSession
		}
		r.UpdateDate = s.now()
		store.Roles.Put(tx, r)
		out.Role = role(who, r)
		return nil
	})
}

// DeleteRole deletes a role without policies. Its sessions end, because their
// tokens name the role by its ID.
func (s *roleAPI) DeleteRole(ctx context.Context, in *api.DeleteRoleInput) (out api.DeleteRoleOutput, err error) {
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		if _, err := roleNamed(&tx.Reader, in.RoleName); err != nil {
			return err
		}
		if len(store.Attachments.Of(tx, elb.Holder{RoleName: in.RoleName})) > 0 {
			return api.ErrDeleteConflictRolePolicy.New()
		}
		store.Roles.Delete(tx, in.RoleName)
		return nil
	})
}

// roleNamed returns a role.
func roleNamed(r *store.Reader, name string) (elb.Role, error) {
	role, found := store.Roles.Get(r, name)
	if !found {
		return role, api.ErrRoleNotExist.New()
	}
	return role, nil
}

func role(who ram.Identity, r elb.Role) api.Role {
	return api.Role{
		RoleID: r.ID, RoleName: r.Name, Arn: ramARN(who.AccountID, "role/"+r.Name), Description: r.Description,
		AssumeRolePolicyDocument: r.Trust, MaxSessionDuration: int64(r.MaxSession.Seconds()),
		CreateDate: api.Timestamp(r.CreateDate), UpdateDate: api.Timestamp(r.UpdateDate),
	}
}

// ramARN is the ARN of a RAM resource: acs:ram::<account>:role/<name>.
func ramARN(accountID, what string) string { return "acs:ram::" + accountID + ":" + what }

// AttachPolicyToRole attaches a policy to a role.
func (s *attachmentAPI) AttachPolicyToRole(ctx context.Context, in *api.AttachPolicyToRoleInput) (out api.AttachPolicyToRoleOutput, err error) {
	return out, s.attach(ctx, ofRole, in.RoleName, in.PolicyType, in.PolicyName)
}

// DetachPolicyFromRole detaches a policy from a role.
func (s *attachmentAPI) DetachPolicyFromRole(ctx context.Context, in *api.DetachPolicyFromRoleInput) (out api.DetachPolicyFromRoleOutput, err error) {
	return out, s.detach(ctx, ofRole, in.RoleName, in.PolicyType, in.PolicyName)
}

// ListPoliciesForRole lists the policies of a role, Custom before System.
func (s *attachmentAPI) ListPoliciesForRole(ctx context.Context, in *api.ListPoliciesForRoleInput) (out api.ListPoliciesForRoleOutput, err error) {
	out.Policies, err = s.attached(ctx, ofRole, in.RoleName)
	return out, err
}
