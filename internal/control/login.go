package control

import (
	"context"

	"elbow/internal/api"
	"elbow/internal/elb"
	"elbow/internal/lockout"
	"elbow/internal/ram"
	"elbow/internal/store"
)

// loginAPI has the operations of login profiles.
type loginAPI struct {
	shared
	lockout *lockout.Lockout
	guesses *hasher // for passwords of sign-ins
	changes *hasher // for passwords in signed calls, which do not wait for sign-ins
}

// CreateLoginProfile gives a user a password.
func (s *loginAPI) CreateLoginProfile(ctx context.Context, in *api.CreateLoginProfileInput) (out api.CreateLoginProfileOutput, err error) {
	hash, err := s.changes.hash(ctx, in.Password, passwordCost)
	if err != nil {
		return out, err
	}
	p := elb.LoginProfile{
		UserName: in.UserName, PasswordHash: hash, PasswordResetRequired: in.PasswordResetRequired,
		MFABindRequired: in.MFABindRequired, CreateDate: s.now(), UpdateDate: s.now(),
	}
	out.LoginProfile = loginProfile(p)
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		if err := ownerExists(&tx.Reader, p.UserName); err != nil {
			return err
		}
		if _, taken := store.LoginProfiles.Get(tx, p.UserName); taken {
			return api.ErrLoginProfileExists.New()
		}
		store.LoginProfiles.Put(tx, p)
		return nil
	})
}

// GetLoginProfile describes the login profile of a user.
func (s *loginAPI) GetLoginProfile(ctx context.Context, in *api.GetLoginProfileInput) (out api.GetLoginProfileOutput, err error) {
	err = s.store.View(ctx, func(r *store.Reader) error {
		p, err := loginProfileOf(r, in.UserName)
		out.LoginProfile = loginProfile(p)
		return err
	})
	return out, err
}

// UpdateLoginProfile changes the given fields of a login profile.
func (s *loginAPI) UpdateLoginProfile(ctx context.Context, in *api.UpdateLoginProfileInput) (out api.UpdateLoginProfileOutput, err error) {
	hash := ""
	if in.Password != "" {
		if hash, err = s.changes.hash(ctx, in.Password, passwordCost); err != nil {
			return out, err
		}
	}
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		p, err := loginProfileOf(&tx.Reader, in.UserName)
		if err != nil {
			return err
		}
		if hash != "" {
			p.PasswordHash = hash
		}
		if in.PasswordResetRequired != nil {
			p.PasswordResetRequired = *in.PasswordResetRequired
		}
		if in.MFABindRequired != nil {
			p.MFABindRequired = *in.MFABindRequired
		}
		p.UpdateDate = s.now()
		store.LoginProfiles.Put(tx, p)
		return nil
	})
}

// DeleteLoginProfile deletes the login profile of a user, and the password with
// it.
func (s *loginAPI) DeleteLoginProfile(ctx context.Context, in *api.DeleteLoginProfileInput) (out api.DeleteLoginProfileOutput, err error) {
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		if _, err := loginProfileOf(&tx.Reader, in.UserName); err != nil {
			return err
		}
		store.LoginProfiles.Delete(tx, in.UserName)
		return nil
	})
}

// UnbindMFADevice changes nothing: no user has a second factor.
func (s *loginAPI) UnbindMFADevice(ctx context.Context, in *api.UnbindMFADeviceInput) (out api.UnbindMFADeviceOutput, err error) {
	return out, s.store.View(ctx, func(r *store.Reader) error { return ownerExists(r, in.UserName) })
}

// ChangePassword replaces the caller's own password, if the old one is right.
func (s *loginAPI) ChangePassword(ctx context.Context, who ram.Identity, in *api.ChangePasswordInput) (out api.ChangePasswordOutput, err error) {
	if who.UserName == "" {
		return out, api.ErrNotAUser.New()
	}
	if in.NewPassword == in.OldPassword {
		return out, api.InvalidField("NewPassword").Because("NewPassword must differ from OldPassword")
	}
	old, err := s.checkPassword(ctx, who.UserName, in.OldPassword)
	if err != nil {
		return out, err
	}
	hash, err := s.changes.hash(ctx, in.NewPassword, passwordCost)
	if err != nil {
		return out, err
	}
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		p, err := loginProfileOf(&tx.Reader, who.UserName)
		switch {
		case err != nil:
			return err
		case p.PasswordHash != old: // changed while this call computed the hash
			return api.ErrWrongPassword.New()
		}
		p.PasswordHash, p.PasswordResetRequired, p.UpdateDate = hash, false, s.now()
		store.LoginProfiles.Put(tx, p)
		return nil
	})
}

// loginProfileOf returns the login profile of a user.
func loginProfileOf(r *store.Reader, userName string) (elb.LoginProfile, error) {
	if err := ownerExists(r, userName); err != nil {
		return elb.LoginProfile{}, err
	}
	p, found := store.LoginProfiles.Get(r, userName)
	if !found {
		return p, api.ErrLoginProfileNotExist.New()
	}
	return p, nil
}

func loginProfile(p elb.LoginProfile) api.LoginProfile {
	return api.LoginProfile{
		UserName: p.UserName, PasswordResetRequired: p.PasswordResetRequired, MFABindRequired: p.MFABindRequired,
		CreateDate: api.Timestamp(p.CreateDate),
	}
}
