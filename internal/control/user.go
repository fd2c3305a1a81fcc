package control

import (
	"context"

	"elbow/internal/api"
	"elbow/internal/elb"
	"elbow/internal/store"
)

// userAPI has the operations of users and their access keys.
type userAPI struct{ shared }

// CreateUser creates a RAM user without permissions.
func (s *userAPI) CreateUser(ctx context.Context, in *api.CreateUserInput) (out api.CreateUserOutput, err error) {
	u := elb.User{
		ID: elb.NewUserID(), Name: in.UserName, DisplayName: in.DisplayName, MobilePhone: in.MobilePhone,
		Email: in.Email, Comments: in.Comments, CreateDate: s.now(), UpdateDate: s.now(),
	}
	out.User = user(u)
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		if _, taken := store.Users.Get(tx, u.Name); taken {
			return api.ErrUserExists.New()
		}
		if store.Users.Count(tx) >= maxUsers {
			return api.ErrLimitExceededUsers.New()
		}
		store.Users.Put(tx, u)
		return nil
	})
}

// GetUser describes a user.
func (s *userAPI) GetUser(ctx context.Context, in *api.GetUserInput) (out api.GetUserOutput, err error) {
	err = s.store.View(ctx, func(r *store.Reader) error {
		u, found := store.Users.Get(r, in.UserName)
		if !found {
			return api.ErrUserNotExist.New()
		}
		out.User = user(u)
		return nil
	})
	return out, err
}

// ListUsers lists a page of the users in the order of their names.
func (s *userAPI) ListUsers(ctx context.Context, in *api.ListUsersInput) (out api.ListUsersOutput, err error) {
	err = s.store.View(ctx, func(r *store.Reader) error {
		some, next := stretch(store.Users.After(r, in.Marker, in.MaxItems+1), func(u elb.User) string { return u.Name }, in.Marker, in.MaxItems)
		out.IsTruncated, out.Marker = next != "", next
		for _, u := range some {
			out.Users.User = append(out.Users.User, user(u))
		}
		return nil
	})
	return out, err
}

// UpdateUser changes the given fields of a user.
func (s *userAPI) UpdateUser(ctx context.Context, in *api.UpdateUserInput) (out api.UpdateUserOutput, err error) {
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		u, found := store.Users.Get(tx, in.UserName)
		if !found {
			return api.ErrUserNotExist.New()
		}
		for _, f := range []struct{ field, to *string }{
			{&u.DisplayName, in.DisplayName}, {&u.MobilePhone, in.MobilePhone}, {&u.Email, in.Email}, {&u.Comments, in.Comments},
		} {
			if f.to != nil {
				*f.field = *f.to
			}
		}
		if in.NewName != "" && in.NewName != u.Name {
			if _, taken := store.Users.Get(tx, in.NewName); taken {
				return api.ErrUserExists.New()
			}
			rename(tx, u.Name, in.NewName)
			u.Name = in.NewName
		}
		u.UpdateDate = s.now()
		store.Users.Put(tx, u)
		out.User = user(u)
		return nil
	})
}

// rename moves everything of a user to another name.
func rename(tx *store.Tx, old, name string) {
	for _, k := range store.AccessKeys.Of(tx, old) {
		store.AccessKeys.Move(tx, k, name)
	}
	for _, a := range store.Attachments.Of(tx, elb.Holder{UserName: old}) {
		store.Attachments.Delete(tx, a)
		a.UserName = name
		store.Attachments.Put(tx, a)
	}
	for _, m := range store.Members.GroupsOf(tx, old) {
		store.Members.Delete(tx, m)
		m.UserName = name
		store.Members.Put(tx, m)
	}
	if p, found := store.LoginProfiles.Get(tx, old); found {
		store.LoginProfiles.Delete(tx, old)
		p.UserName = name
		store.LoginProfiles.Put(tx, p)
	}
	store.Users.Delete(tx, old)
}

// DeleteUser deletes a user who has neither access keys nor policies and is in no
// group, and the user's login profile.
func (s *userAPI) DeleteUser(ctx context.Context, in *api.DeleteUserInput) (out api.DeleteUserOutput, err error) {
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		if _, found := store.Users.Get(tx, in.UserName); !found {
			return api.ErrUserNotExist.New()
		}
		if len(keysOf(&tx.Reader, in.UserName)) > 0 {
			return api.ErrDeleteConflictAccessKey.New()
		}
		if len(store.Attachments.Of(tx, elb.Holder{UserName: in.UserName})) > 0 {
			return api.ErrDeleteConflictPolicy.New()
		}
		if len(store.Members.GroupsOf(tx, in.UserName)) > 0 {
			return api.ErrDeleteConflictUserGroup.New()
		}
		store.Users.Delete(tx, in.UserName)
		store.LoginProfiles.Delete(tx, in.UserName)
		return nil
	})
}

func user(u elb.User) api.User {
	return api.User{
		UserID: u.ID, UserName: u.Name, DisplayName: u.DisplayName, MobilePhone: u.MobilePhone, Email: u.Email,
		Comments: u.Comments, CreateDate: api.Timestamp(u.CreateDate), UpdateDate: api.Timestamp(u.UpdateDate),
	}
}
