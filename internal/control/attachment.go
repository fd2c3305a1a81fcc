package control

import (
	"context"

	"elbow/internal/api"
	"elbow/internal/elb"
	"elbow/internal/store"
)

// AttachPolicyToUser gives a policy to a user.
func (s *Service) AttachPolicyToUser(ctx context.Context, in *api.AttachPolicyToUserInput) (out api.AttachPolicyToUserOutput, err error) {
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		attached, err := attachment(tx, in.PolicyAttachment)
		if err != nil {
			return err
		}
		if attached {
			return api.ErrUserPolicyExists.New()
		}
		if len(tx.AttachmentsOf(in.UserName)) >= maxUserPolicies {
			return api.ErrLimitExceededPolicy.New()
		}
		tx.PutAttachment(elb.Attachment{
			UserName: in.UserName, PolicyName: in.PolicyName, PolicyType: in.PolicyType, AttachDate: s.now(),
		})
		return nil
	})
}

// DetachPolicyFromUser takes a policy from a user.
func (s *Service) DetachPolicyFromUser(ctx context.Context, in *api.DetachPolicyFromUserInput) (out api.DetachPolicyFromUserOutput, err error) {
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		attached, err := attachment(tx, in.PolicyAttachment)
		if err != nil {
			return err
		}
		if !attached {
			return api.ErrUserPolicyNotExist.New()
		}
		tx.DeleteAttachment(in.UserName, in.PolicyType, in.PolicyName)
		return nil
	})
}

// attachment reports whether the user has the policy, if there are both.
func attachment(tx *store.Tx, a api.PolicyAttachment) (attached bool, err error) {
	if _, found := tx.User(a.UserName); !found {
		return false, api.ErrUserNotExist.New()
	}
	if _, found := policyNamed(&tx.Reader, a.PolicyType, a.PolicyName); !found {
		return false, api.ErrPolicyNotExist.New()
	}
	_, attached = tx.Attachment(a.UserName, a.PolicyType, a.PolicyName)
	return attached, nil
}

// ListPoliciesForUser lists the policies of a user, Custom before System.
func (s *Service) ListPoliciesForUser(ctx context.Context, in *api.ListPoliciesForUserInput) (out api.ListPoliciesForUserOutput, err error) {
	err = s.store.View(ctx, func(r *store.Reader) error {
		if _, found := r.User(in.UserName); !found {
			return api.ErrUserNotExist.New()
		}
		for _, a := range r.AttachmentsOf(in.UserName) {
			p, _ := policyNamed(r, a.PolicyType, a.PolicyName)
			out.Policies.Policy = append(out.Policies.Policy, api.UserPolicy{
				PolicyName: a.PolicyName, PolicyType: a.PolicyType, Description: p.Description,
				DefaultVersion: onlyVersion, AttachDate: api.Timestamp(a.AttachDate),
			})
		}
		return nil
	})
	return out, err
}
