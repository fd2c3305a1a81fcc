package control

import (
	"context"

	"elbow/internal/api"
	"elbow/internal/elb"
	"elbow/internal/ram"
	"elbow/internal/store"
)

// CreatePolicyVersion adds a version to a policy.
func (s *policyAPI) CreatePolicyVersion(ctx context.Context, in *api.CreatePolicyVersionInput) (out api.CreatePolicyVersionOutput, err error) {
	if _, err := ram.Parse(in.Document); err != nil {
		return out, api.ErrMalformedPolicyDocument.New(err.Error())
	}
	return out, s.changePolicy(ctx, in.PolicyName, func(p elb.Policy) (elb.Policy, error) {
		if len(p.AllVersions()) >= elb.MaxPolicyVersions {
			oldest, found := p.OldestSpare()
			if in.Rotate != api.RotateOldest || !found {
				return p, api.ErrLimitExceededVersion.New()
			}
			p = p.WithoutVersion(oldest, s.now())
		}
		p, v := p.WithVersion(in.Document, s.now())
		if in.Default {
			p = p.WithDefault(v, s.now())
		}
		out.PolicyVersion = policyVersion(p, v)
		return p, nil
	})
}

// GetPolicyVersion describes one version of a policy.
func (s *policyAPI) GetPolicyVersion(ctx context.Context, in *api.GetPolicyVersionInput) (out api.GetPolicyVersionOutput, err error) {
	err = s.store.View(ctx, func(r *store.Reader) error {
		p, found := policyNamed(r, in.PolicyType, in.PolicyName)
		if !found {
			return api.ErrPolicyNotExist.New()
		}
		v, found := p.Version(in.Version)
		if !found {
			return api.ErrPolicyVersionNotExist.New()
		}
		out.PolicyVersion = policyVersion(p, v)
		return nil
	})
	return out, err
}

// ListPolicyVersions lists the versions of a policy, oldest first.
func (s *policyAPI) ListPolicyVersions(ctx context.Context, in *api.ListPolicyVersionsInput) (out api.ListPolicyVersionsOutput, err error) {
	err = s.store.View(ctx, func(r *store.Reader) error {
		p, found := policyNamed(r, in.PolicyType, in.PolicyName)
		if !found {
			return api.ErrPolicyNotExist.New()
		}
		for _, v := range p.AllVersions() {
			out.PolicyVersions.PolicyVersion = append(out.PolicyVersions.PolicyVersion, policyVersion(p, v))
		}
		return nil
	})
	return out, err
}

// SetDefaultPolicyVersion makes another version the default.
func (s *policyAPI) SetDefaultPolicyVersion(ctx context.Context, in *api.SetDefaultPolicyVersionInput) (out api.SetDefaultPolicyVersionOutput, err error) {
	return out, s.changePolicy(ctx, in.PolicyName, func(p elb.Policy) (elb.Policy, error) {
		v, found := p.Version(in.Version)
		if !found {
			return p, api.ErrPolicyVersionNotExist.New()
		}
		return p.WithDefault(v, s.now()), nil
	})
}

// DeletePolicyVersion deletes a version that is not the default.
func (s *policyAPI) DeletePolicyVersion(ctx context.Context, in *api.DeletePolicyVersionInput) (out api.DeletePolicyVersionOutput, err error) {
	return out, s.changePolicy(ctx, in.PolicyName, func(p elb.Policy) (elb.Policy, error) {
		switch _, found := p.Version(in.Version); {
		case !found:
			return p, api.ErrPolicyVersionNotExist.New()
		case in.Version == p.Default():
			return p, api.ErrDeleteConflictDefault.New()
		}
		return p.WithoutVersion(in.Version, s.now()), nil
	})
}

// changePolicy stores the result of change for a policy of the account.
func (s *policyAPI) changePolicy(ctx context.Context, name string, change func(elb.Policy) (elb.Policy, error)) error {
	return s.store.Update(ctx, func(tx *store.Tx) error {
		p, found := store.Policies.Get(tx, name)
		if !found {
			return api.ErrPolicyNotExist.New()
		}
		p, err := change(p)
		if err == nil {
			store.Policies.Put(tx, p)
		}
		return err
	})
}

func policyVersion(p elb.Policy, v elb.PolicyVersion) api.PolicyVersion {
	return api.PolicyVersion{
		VersionID: elb.VersionID(v.Number), IsDefaultVersion: v.Number == p.Default(), PolicyDocument: v.Document,
		CreateDate: api.Timestamp(v.CreateDate),
	}
}
