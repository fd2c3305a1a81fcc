package control

import (
	"cmp"
	"context"
	"slices"

	"elbow/internal/api"
	"elbow/internal/elb"
	"elbow/internal/ram"
	"elbow/internal/store"
)

// CreateAccessKey creates an access key for a user, or without a name for the
// caller. Its secret is only in this answer.
func (s *userAPI) CreateAccessKey(ctx context.Context, who ram.Identity, in *api.CreateAccessKeyInput) (out api.CreateAccessKeyOutput, err error) {
	owner, err := keyOwner(who, in.UserName)
	if err != nil {
		return out, err
	}
	k := elb.AccessKey{
		ID: elb.NewAccessKeyID(), Secret: elb.NewAccessKeySecret(), UserName: owner,
		Active: true, CreateDate: s.now(),
	}
	out.AccessKey = accessKey(k)
	out.AccessKey.AccessKeySecret = k.Secret
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		if err := ownerExists(&tx.Reader, k.UserName); err != nil {
			return err
		}
		limit := maxUserKeys
		if k.UserName == "" {
			limit = maxRootKeys
		}
		if len(keysOf(&tx.Reader, k.UserName)) >= limit {
			return api.ErrLimitExceededAccessKey.New()
		}
		store.AccessKeys.Put(tx, k)
		return nil
	})
}

// ListAccessKeys lists the access keys of a user, oldest first.
func (s *userAPI) ListAccessKeys(ctx context.Context, who ram.Identity, in *api.ListAccessKeysInput) (out api.ListAccessKeysOutput, err error) {
	userName, err := keyOwner(who, in.UserName)
	if err != nil {
		return out, err
	}
	err = s.store.View(ctx, func(r *store.Reader) error {
		if err := ownerExists(r, userName); err != nil {
			return err
		}
		for _, k := range keysOf(r, userName) {
			out.AccessKeys.AccessKey = append(out.AccessKeys.AccessKey, accessKey(k))
		}
		return nil
	})
	return out, err
}

// UpdateAccessKey enables or disables an access key.
func (s *userAPI) UpdateAccessKey(ctx context.Context, who ram.Identity, in *api.UpdateAccessKeyInput) (out api.UpdateAccessKeyOutput, err error) {
	owner, err := keyOwner(who, in.UserName)
	if err != nil {
		return out, err
	}
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		k, err := keyOf(&tx.Reader, owner, in.AccessKeyID)
		if err != nil {
			return err
		}
		k.Active = in.Status == api.KeyActive
		store.AccessKeys.Put(tx, k)
		return nil
	})
}

// DeleteAccessKey deletes an access key.
func (s *userAPI) DeleteAccessKey(ctx context.Context, who ram.Identity, in *api.DeleteAccessKeyInput) (out api.DeleteAccessKeyOutput, err error) {
	owner, err := keyOwner(who, in.UserName)
	if err != nil {
		return out, err
	}
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		k, err := keyOf(&tx.Reader, owner, in.AccessKeyID)
		if err != nil {
			return err
		}
		store.AccessKeys.Delete(tx, k)
		return nil
	})
}

// keyOwner is the user whose access keys a call is about: without a name the
// caller. A role session has no keys, and is not the account.
func keyOwner(who ram.Identity, userName string) (string, error) {
	if userName == "" && who.RoleName != "" {
		return "", api.Missing("UserName")
	}
	return cmp.Or(userName, who.UserName), nil
}

// ownerExists returns nil if there is such a user. The account, without a name,
// always exists.
func ownerExists(r *store.Reader, userName string) error {
	if userName == "" {
		return nil
	}
	if _, found := store.Users.Get(r, userName); !found {
		return api.ErrUserNotExist.New()
	}
	return nil
}

// keysOf lists the access keys of a user or, without a name, of the account,
// oldest first.
func keysOf(r *store.Reader, userName string) []elb.AccessKey {
	all := store.AccessKeys.Of(r, userName)
	slices.SortStableFunc(all, func(a, b elb.AccessKey) int { return a.CreateDate.Compare(b.CreateDate) })
	return all
}

// keyOf returns an access key of a user.
func keyOf(r *store.Reader, userName, id string) (elb.AccessKey, error) {
	if err := ownerExists(r, userName); err != nil {
		return elb.AccessKey{}, err
	}
	k, found := store.AccessKeys.Get(r, id)
	if !found || k.UserName != userName {
		return k, api.ErrAccessKeyNotExist.New()
	}
	return k, nil
}

func accessKey(k elb.AccessKey) api.AccessKey {
	status := api.KeyInactive
	if k.Active {
		status = api.KeyActive
	}
	return api.AccessKey{AccessKeyID: k.ID, Status: status, CreateDate: api.Timestamp(k.CreateDate)}
}
