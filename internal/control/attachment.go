package control

import (
	"context"

	"elbow/internal/api"
	"elbow/internal/elb"
	"elbow/internal/store"
)

// A holderOf returns a holder of policies by name, or the error that there is
// none.
type holderOf func(r *store.Reader, name string) (elb.Holder, error)

// The kinds of holders, with the errors for their attachments.
var (
	ofUser = attachmentsOf{
		find: func(r *store.Reader, name string) (elb.Holder, error) {
			return elb.Holder{UserName: name}, ownerExists(r, name)
		},
		limit: maxUserPolicies, exists: api.ErrUserPolicyExists, notExist: api.ErrUserPolicyNotExist, exceeded: api.ErrLimitExceededPolicy,
	}
	ofGroup = attachmentsOf{
		find: func(r *store.Reader, name string) (elb.Holder, error) {
			g, err := groupNamed(r, name)
			return elb.Holder{GroupID: g.ID}, err
		},
		limit: maxGroupPolicies, exists: api.ErrGroupPolicyExists, notExist: api.ErrGroupPolicyNotExist, exceeded: api.ErrLimitExceededGroupPolicy,
	}
	ofRole = attachmentsOf{
		find: func(r *store.Reader, name string) (elb.Holder, error) {
			_, err := roleNamed(r, name)
			return elb.Holder{RoleName: name}, err
		},
		limit: maxRolePolicies, exists: api.ErrRolePolicyExists, notExist: api.ErrRolePolicyNotExist, exceeded: api.ErrLimitExceededRolePolicy,
	}
)

// attachmentsOf is one kind of holders.
type attachmentsOf struct {
	find                       holderOf
	limit                      int
	exists, notExist, exceeded api.ErrorID
}

// attachmentAPI has the operations that attach and detach policies.
type attachmentAPI struct{ shared }

// attach attaches a policy to a holder.
func (s *attachmentAPI) attach(ctx context.Context, of attachmentsOf, holder, policyType, policyName string) error {
	return s.store.Update(ctx, func(tx *store.Tx) error {
		a, attached, err := of.attachment(tx, holder, policyType, policyName)
		switch {
		case err != nil:
			return err
		case attached:
			return of.exists.New()
		case len(store.Attachments.Of(tx, a.Holder)) >= of.limit:
			return of.exceeded.New()
		}
		a.AttachDate = s.now()
		store.Attachments.Put(tx, a)
		return nil
	})
}

// detach detaches a policy from a holder.
func (s *attachmentAPI) detach(ctx context.Context, of attachmentsOf, holder, policyType, policyName string) error {
	return s.store.Update(ctx, func(tx *store.Tx) error {
		a, attached, err := of.attachment(tx, holder, policyType, policyName)
		switch {
		case err != nil:
			return err
		case !attached:
			return of.notExist.New()
		}
		store.Attachments.Delete(tx, a)
		return nil
	})
}

// attachment returns the attachment of the policy to the holder, if both exist.
func (of attachmentsOf) attachment(tx *store.Tx, holder, policyType, policyName string) (a elb.Attachment, attached bool, err error) {
	h, err := of.find(&tx.Reader, holder)
	if err != nil {
		return a, false, err
	}
	if _, found := policyNamed(&tx.Reader, policyType, policyName); !found {
		return a, false, api.ErrPolicyNotExist.New()
	}
	_, attached = store.Attachments.Get(tx, h, policyType, policyName)
	return elb.Attachment{Holder: h, PolicyType: policyType, PolicyName: policyName}, attached, nil
}

// attached lists the policies of a holder, Custom before System.
func (s *attachmentAPI) attached(ctx context.Context, of attachmentsOf, holder string) (all api.UserPolicies, err error) {
	err = s.store.View(ctx, func(r *store.Reader) error {
		h, err := of.find(r, holder)
		if err != nil {
			return err
		}
		for _, a := range store.Attachments.Of(r, h) {
			p, _ := policyNamed(r, a.PolicyType, a.PolicyName)
			all.Policy = append(all.Policy, api.UserPolicy{
				PolicyName: a.PolicyName, PolicyType: a.PolicyType, Description: p.Description,
				DefaultVersion: elb.VersionID(p.Default()), AttachDate: api.Timestamp(a.AttachDate),
			})
		}
		return nil
	})
	return all, err
}

// AttachPolicyToUser attaches a policy to a user.
func (s *attachmentAPI) AttachPolicyToUser(ctx context.Context, in *api.AttachPolicyToUserInput) (out api.AttachPolicyToUserOutput, err error) {
	return out, s.attach(ctx, ofUser, in.UserName, in.PolicyType, in.PolicyName)
}

// DetachPolicyFromUser detaches a policy from a user.
func (s *attachmentAPI) DetachPolicyFromUser(ctx context.Context, in *api.DetachPolicyFromUserInput) (out api.DetachPolicyFromUserOutput, err error) {
	return out, s.detach(ctx, ofUser, in.UserName, in.PolicyType, in.PolicyName)
}

// ListPoliciesForUser lists the policies of a user, Custom before System.
func (s *attachmentAPI) ListPoliciesForUser(ctx context.Context, in *api.ListPoliciesForUserInput) (out api.ListPoliciesForUserOutput, err error) {
	out.Policies, err = s.attached(ctx, ofUser, in.UserName)
	return out, err
}

// AttachPolicyToGroup attaches a policy to a group.
func (s *attachmentAPI) AttachPolicyToGroup(ctx context.Context, in *api.AttachPolicyToGroupInput) (out api.AttachPolicyToGroupOutput, err error) {
	return out, s.attach(ctx, ofGroup, in.GroupName, in.PolicyType, in.PolicyName)
}

// DetachPolicyFromGroup detaches a policy from a group.
func (s *attachmentAPI) DetachPolicyFromGroup(ctx context.Context, in *api.DetachPolicyFromGroupInput) (out api.DetachPolicyFromGroupOutput, err error) {
	return out, s.detach(ctx, ofGroup, in.GroupName, in.PolicyType, in.PolicyName)
}

// ListPoliciesForGroup lists the policies of a group, Custom before System.
func (s *attachmentAPI) ListPoliciesForGroup(ctx context.Context, in *api.ListPoliciesForGroupInput) (out api.ListPoliciesForGroupOutput, err error) {
	out.Policies, err = s.attached(ctx, ofGroup, in.GroupName)
	return out, err
}
