package control

import (
	"context"
	"strings"

	"elbow/internal/api"
	"elbow/internal/elb"
	"elbow/internal/ram"
	"elbow/internal/store"
)

// policyAPI has the operations of policies and their versions.
type policyAPI struct{ shared }

// CreatePolicy stores a valid policy document.
func (s *policyAPI) CreatePolicy(ctx context.Context, in *api.CreatePolicyInput) (out api.CreatePolicyOutput, err error) {
	if _, err := ram.Parse(in.Document); err != nil {
		return out, api.ErrMalformedPolicyDocument.New(err.Error())
	}
	p := elb.Policy{
		Name: in.PolicyName, Type: elb.CustomPolicy, Description: in.Description, Document: in.Document,
		CreateDate: s.now(), UpdateDate: s.now(),
	}
	out.Policy = policy(p)
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		if _, taken := store.Policies.Get(tx, p.Name); taken {
			return api.ErrPolicyExists.New()
		}
		if store.Policies.Count(tx) >= maxPolicies {
			return api.ErrLimitExceededPolicies.New()
		}
		store.Policies.Put(tx, p)
		return nil
	})
}

// GetPolicy describes a policy with its document.
func (s *policyAPI) GetPolicy(ctx context.Context, in *api.GetPolicyInput) (out api.GetPolicyOutput, err error) {
	err = s.store.View(ctx, func(r *store.Reader) error {
		p, found := policyNamed(r, in.PolicyType, in.PolicyName)
		if !found {
			return api.ErrPolicyNotExist.New()
		}
		out.Policy = policy(p)
		out.Policy.AttachmentCount = store.Attachments.CountHolders(r, p.Type, p.Name)
		v, _ := p.Version(p.Default())
		out.DefaultPolicyVersion = policyVersion(p, v)
		return nil
	})
	return out, err
}

// ListPolicies lists a page of the policies, Custom before System.
func (s *policyAPI) ListPolicies(ctx context.Context, in *api.ListPoliciesInput) (out api.ListPoliciesOutput, err error) {
	err = s.store.View(ctx, func(r *store.Reader) error {
		var all []elb.Policy
		if in.PolicyType != elb.SystemPolicy {
			name, _ := strings.CutPrefix(in.Marker, elb.CustomPolicy+":")
			if in.Marker == "" || name != in.Marker {
				all = store.Policies.After(r, name, in.MaxItems+1)
			}
		}
		if in.PolicyType != elb.CustomPolicy {
			all = append(all, systemPolicies()...)
		}
		some, next := stretch(all, policyMarker, in.Marker, in.MaxItems)
		out.IsTruncated, out.Marker = next != "", next
		for _, p := range some {
			entry := policy(p)
			entry.AttachmentCount = store.Attachments.CountHolders(r, p.Type, p.Name)
			out.Policies.Policy = append(out.Policies.Policy, entry)
		}
		return nil
	})
	return out, err
}

// UpdatePolicyDescription changes the description of a policy.
func (s *policyAPI) UpdatePolicyDescription(ctx context.Context, in *api.UpdatePolicyDescriptionInput) (out api.UpdatePolicyDescriptionOutput, err error) {
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		p, found := store.Policies.Get(tx, in.PolicyName)
		if !found {
			return api.ErrPolicyNotExist.New()
		}
		if in.Description != nil {
			p.Description, p.UpdateDate = *in.Description, s.now()
			store.Policies.Put(tx, p)
		}
		out.Policy = policy(p)
		out.Policy.AttachmentCount = store.Attachments.CountHolders(tx, p.Type, p.Name)
		return nil
	})
}

// ListEntitiesForPolicy lists the users, groups and roles that a policy is attached to.
func (s *policyAPI) ListEntitiesForPolicy(ctx context.Context, who ram.Identity, in *api.ListEntitiesForPolicyInput) (out api.ListEntitiesForPolicyOutput, err error) {
	err = s.store.View(ctx, func(r *store.Reader) error {
		if _, found := policyNamed(r, in.PolicyType, in.PolicyName); !found {
			return api.ErrPolicyNotExist.New()
		}
		for _, h := range store.Attachments.Holders(r, in.PolicyType, in.PolicyName) {
			a, _ := store.Attachments.Get(r, h, in.PolicyType, in.PolicyName)
			since := api.Timestamp(a.AttachDate)
			switch {
			case h.GroupID != "":
				if g, found := store.Groups.ByID(r, h.GroupID); found {
					one := group(g)
					one.AttachDate = since
					out.Groups.Group = append(out.Groups.Group, one)
				}
			case h.RoleName != "":
				if found, err := roleNamed(r, h.RoleName); err == nil {
					one := role(who, found)
					one.AttachDate = since
					out.Roles.Role = append(out.Roles.Role, one)
				}
			default:
				if u, found := store.Users.Get(r, h.UserName); found {
					one := user(u)
					one.AttachDate = since
					out.Users.User = append(out.Users.User, one)
				}
			}
		}
		return nil
	})
	return out, err
}

// DeletePolicy deletes a policy that is not attached. One with several versions is
// deleted only if the call asks for it.
func (s *policyAPI) DeletePolicy(ctx context.Context, in *api.DeletePolicyInput) (out api.DeletePolicyOutput, err error) {
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		p, found := store.Policies.Get(tx, in.PolicyName)
		if !found {
			return api.ErrPolicyNotExist.New()
		}
		switch h, held := store.Attachments.Holder(tx, p.Type, p.Name); {
		case held && h.GroupID != "":
			return api.ErrDeleteConflictPolicyGroup.New()
		case held && h.RoleName != "":
			return api.ErrDeleteConflictPolicyRole.New()
		case held:
			return api.ErrDeleteConflictUser.New()
		case len(p.AllVersions()) > 1 && !in.Cascading:
			return api.ErrDeleteConflictPolicyVersion.New()
		}
		store.Policies.Delete(tx, p.Name)
		return nil
	})
}

// policyNamed returns a policy of either type.
func policyNamed(r *store.Reader, policyType, name string) (elb.Policy, bool) {
	if policyType == elb.CustomPolicy {
		return store.Policies.Get(r, name)
	}
	for _, p := range systemPolicies() {
		if p.Name == name {
			return p, true
		}
	}
	return elb.Policy{}, false
}

func systemPolicies() []elb.Policy {
	var all []elb.Policy
	for _, p := range ram.SystemPolicies() {
		all = append(all, elb.Policy{Name: p.Name, Type: elb.SystemPolicy, Description: p.Description, Document: p.Document})
	}
	return all
}

// policyMarker identifies a policy of either type, and sorts in the order of
// ListPolicies.
func policyMarker(p elb.Policy) string { return p.Type + ":" + p.Name }

func policy(p elb.Policy) api.Policy {
	return api.Policy{
		PolicyName: p.Name, PolicyType: p.Type, Description: p.Description, DefaultVersion: elb.VersionID(p.Default()),
		CreateDate: api.Timestamp(p.CreateDate), UpdateDate: api.Timestamp(p.UpdateDate),
	}
}
