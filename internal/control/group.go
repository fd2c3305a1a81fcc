package control

import (
	"context"
	"slices"
	"strings"

	"elbow/internal/api"
	"elbow/internal/elb"
	"elbow/internal/store"
)

// groupAPI has the operations of groups.
type groupAPI struct{ shared }

// CreateGroup creates a group without users and policies.
func (s *groupAPI) CreateGroup(ctx context.Context, in *api.CreateGroupInput) (out api.CreateGroupOutput, err error) {
	g := elb.Group{ID: elb.NewGroupID(), Name: in.GroupName, Comments: in.Comments, CreateDate: s.now(), UpdateDate: s.now()}
	out.Group = group(g)
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		if _, taken := store.Groups.Get(tx, g.Name); taken {
			return api.ErrGroupExists.New()
		}
		if store.Groups.Count(tx) >= maxGroups {
			return api.ErrLimitExceededGroups.New()
		}
		store.Groups.Put(tx, g)
		return nil
	})
}

// GetGroup describes a group.
func (s *groupAPI) GetGroup(ctx context.Context, in *api.GetGroupInput) (out api.GetGroupOutput, err error) {
	err = s.store.View(ctx, func(r *store.Reader) error {
		g, err := groupNamed(r, in.GroupName)
		out.Group = group(g)
		return err
	})
	return out, err
}

// ListGroups lists a page of the groups in the order of their names.
func (s *groupAPI) ListGroups(ctx context.Context, in *api.ListGroupsInput) (out api.ListGroupsOutput, err error) {
	err = s.store.View(ctx, func(r *store.Reader) error {
		some, next := stretch(store.Groups.After(r, in.Marker, in.MaxItems+1), func(g elb.Group) string { return g.Name }, in.Marker, in.MaxItems)
		out.IsTruncated, out.Marker = next != "", next
		for _, g := range some {
			out.Groups.Group = append(out.Groups.Group, group(g))
		}
		return nil
	})
	return out, err
}

// UpdateGroup changes the given fields of a group.
func (s *groupAPI) UpdateGroup(ctx context.Context, in *api.UpdateGroupInput) (out api.UpdateGroupOutput, err error) {
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		g, err := groupNamed(&tx.Reader, in.GroupName)
		if err != nil {
			return err
		}
		if in.NewName != "" && in.NewName != g.Name {
			if _, taken := store.Groups.Get(tx, in.NewName); taken {
				return api.ErrGroupExists.New()
			}
			store.Groups.Delete(tx, g)
			g.Name = in.NewName
		}
		if in.Comments != nil {
			g.Comments = *in.Comments
		}
		g.UpdateDate = s.now()
		store.Groups.Put(tx, g)
		out.Group = group(g)
		return nil
	})
}

// DeleteGroup deletes a group that has neither users nor policies.
func (s *groupAPI) DeleteGroup(ctx context.Context, in *api.DeleteGroupInput) (out api.DeleteGroupOutput, err error) {
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		g, err := groupNamed(&tx.Reader, in.GroupName)
		switch {
		case err != nil:
			return err
		case store.Members.Any(tx, g.ID):
			return api.ErrDeleteConflictGroupUser.New()
		case len(store.Attachments.Of(tx, elb.Holder{GroupID: g.ID})) > 0:
			return api.ErrDeleteConflictGroupPolicy.New()
		}
		store.Groups.Delete(tx, g)
		return nil
	})
}

// groupNamed returns a group.
func groupNamed(r *store.Reader, name string) (elb.Group, error) {
	g, found := store.Groups.Get(r, name)
	if !found {
		return g, api.ErrGroupNotExist.New()
	}
	return g, nil
}

func group(g elb.Group) api.RAMGroup {
	return api.RAMGroup{
		GroupID: g.ID, GroupName: g.Name, Comments: g.Comments,
		CreateDate: api.Timestamp(g.CreateDate), UpdateDate: api.Timestamp(g.UpdateDate),
	}
}

// AddUserToGroup adds a user to a group.
func (s *groupAPI) AddUserToGroup(ctx context.Context, in *api.AddUserToGroupInput) (out api.AddUserToGroupOutput, err error) {
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		m, there, err := membership(&tx.Reader, in.GroupMember)
		switch {
		case err != nil:
			return err
		case there:
			return api.ErrUserGroupExists.New()
		case len(store.Members.GroupsOf(tx, in.UserName)) >= maxUserGroups:
			return api.ErrLimitExceededUserGroup.New()
		}
		// If another call deleted the group, or the user, meanwhile, the
		// membership would be left behind: both are read, so one of the two calls
		// is retried.
		m.JoinDate = s.now()
		store.Members.Put(tx, m)
		return nil
	})
}

// RemoveUserFromGroup removes a user from a group.
func (s *groupAPI) RemoveUserFromGroup(ctx context.Context, in *api.RemoveUserFromGroupInput) (out api.RemoveUserFromGroupOutput, err error) {
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		m, there, err := membership(&tx.Reader, in.GroupMember)
		switch {
		case err != nil:
			return err
		case !there:
			return api.ErrUserGroupNotExist.New()
		}
		store.Members.Delete(tx, m)
		return nil
	})
}

// membership returns the membership of a user in a group, if both exist.
func membership(r *store.Reader, in api.GroupMember) (m elb.Membership, there bool, err error) {
	if err := ownerExists(r, in.UserName); err != nil {
		return m, false, err
	}
	g, err := groupNamed(r, in.GroupName)
	if err != nil {
		return m, false, err
	}
	if m, there = store.Members.Get(r, g.ID, in.UserName); !there {
		m = elb.Membership{GroupID: g.ID, UserName: in.UserName}
	}
	return m, there, nil
}

// ListUsersForGroup lists a page of the users of a group in the order of their
// names.
func (s *groupAPI) ListUsersForGroup(ctx context.Context, in *api.ListUsersForGroupInput) (out api.ListUsersForGroupOutput, err error) {
	err = s.store.View(ctx, func(r *store.Reader) error {
		g, err := groupNamed(r, in.GroupName)
		if err != nil {
			return err
		}
		all := store.Members.After(r, g.ID, in.Marker, in.MaxItems+1)
		some, next := stretch(all, func(m elb.Membership) string { return m.UserName }, in.Marker, in.MaxItems)
		out.IsTruncated, out.Marker = next != "", next
		for _, m := range some {
			u, _ := store.Users.Get(r, m.UserName)
			entry := user(u)
			entry.JoinDate = api.Timestamp(m.JoinDate)
			out.Users.User = append(out.Users.User, entry)
		}
		return nil
	})
	return out, err
}

// ListGroupsForUser lists the groups of a user in the order of their names.
func (s *groupAPI) ListGroupsForUser(ctx context.Context, in *api.ListGroupsForUserInput) (out api.ListGroupsForUserOutput, err error) {
	err = s.store.View(ctx, func(r *store.Reader) error {
		if err := ownerExists(r, in.UserName); err != nil {
			return err
		}
		for _, m := range store.Members.GroupsOf(r, in.UserName) {
			g, _ := store.Groups.ByID(r, m.GroupID)
			entry := group(g)
			entry.JoinDate = api.Timestamp(m.JoinDate)
			out.Groups.Group = append(out.Groups.Group, entry)
		}
		slices.SortFunc(out.Groups.Group, func(a, b api.RAMGroup) int { return strings.Compare(a.GroupName, b.GroupName) })
		return nil
	})
	return out, err
}
