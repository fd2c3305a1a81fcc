package api

// CreateGroupInput is a new group of users.
type CreateGroupInput struct{ GroupName, Comments string }

// Params lists the rows.
func (in *CreateGroupInput) Params() []Param {
	return []Param{
		toCreate(groupName(&in.GroupName)),
		{Name: "Comments", Var: Text(&in.Comments, 1, 128), Doc: "A remark."},
	}
}

func groupName(p *string) Param {
	return Param{Name: "GroupName", Var: Text(p, 1, 64, groupCharacters), Required: true, Names: groupKind, Doc: "The name of the group."}
}

var groupCharacters = rule{
	says: "must be letters, digits and -",
	ok:   func(s string) bool { return only(s, letters+digits+"-") },
}

// CreateGroupOutput is the new group.
type CreateGroupOutput struct{ Group RAMGroup }

// A RAMGroup is a group of users in an answer. (A Group is a heading of a form.)
type RAMGroup struct {
	GroupID    string `json:"GroupId"`
	GroupName  string
	Comments   string
	CreateDate string
	UpdateDate string `json:",omitempty"`
	JoinDate   string `json:",omitempty"` // among the groups of a user
	AttachDate string `json:",omitempty"` // among those that have a policy
}

// GetGroupInput names a group.
type GetGroupInput struct{ GroupName string }

// Params lists the rows.
func (in *GetGroupInput) Params() []Param { return []Param{groupName(&in.GroupName)} }

// GetGroupOutput is the group.
type GetGroupOutput struct{ Group RAMGroup }

// ListGroupsInput requests a page of the groups.
type ListGroupsInput struct {
	Marker   string
	MaxItems int
}

// Params lists the rows.
func (in *ListGroupsInput) Params() []Param {
	return []Param{marker(&in.Marker), maxItems(&in.MaxItems)}
}

// ListGroupsOutput is a page of the groups.
type ListGroupsOutput struct {
	Groups      UserGroups
	IsTruncated bool
	Marker      string `json:",omitempty"`
}

// UserGroups wraps the list as the wire does.
type UserGroups struct{ Group Array[RAMGroup] }

// UpdateGroupInput changes the given fields; nil ones do not change.
type UpdateGroupInput struct {
	GroupName string
	NewName   string // "": unchanged
	Comments  *string

	comments string
}

// Params lists the rows.
func (in *UpdateGroupInput) Params() []Param {
	return []Param{
		groupName(&in.GroupName),
		{Name: "NewGroupName", Var: Text(&in.NewName, 1, 64, groupCharacters), Names: groupKind, New: true, Doc: "The new name of the group. Its members and policies stay."},
		{Name: "NewComments", Var: Text(&in.comments, 1, 128), Doc: "The new remark. An empty one clears it."},
	}
}

func (in *UpdateGroupInput) complete(values map[string]string) error {
	in.Comments = ifGiven(values, "NewComments", &in.comments)
	return nil
}

// UpdateGroupOutput is the group.
type UpdateGroupOutput struct{ Group RAMGroup }

// DeleteGroupInput names a group.
type DeleteGroupInput struct{ GroupName string }

// Params lists the rows.
func (in *DeleteGroupInput) Params() []Param { return []Param{groupName(&in.GroupName)} }

// DeleteGroupOutput is empty.
type DeleteGroupOutput struct{}

// GroupMember names a user and a group.
type GroupMember struct{ UserName, GroupName string }

func (m *GroupMember) rows() []Param {
	return []Param{userName(&m.UserName, true), groupName(&m.GroupName)}
}

// AddUserToGroupInput adds a user to a group.
type AddUserToGroupInput struct{ GroupMember }

// Params lists the rows.
func (in *AddUserToGroupInput) Params() []Param { return in.rows() }

// AddUserToGroupOutput is empty.
type AddUserToGroupOutput struct{}

// RemoveUserFromGroupInput removes a user from a group.
type RemoveUserFromGroupInput struct{ GroupMember }

// Params lists the rows.
func (in *RemoveUserFromGroupInput) Params() []Param { return in.rows() }

// RemoveUserFromGroupOutput is empty.
type RemoveUserFromGroupOutput struct{}

// ListUsersForGroupInput requests a page of the users of a group.
type ListUsersForGroupInput struct {
	GroupName string
	Marker    string
	MaxItems  int
}

// Params lists the rows.
func (in *ListUsersForGroupInput) Params() []Param {
	return []Param{groupName(&in.GroupName), marker(&in.Marker), maxItems(&in.MaxItems)}
}

// ListUsersForGroupOutput is a page of the users of a group.
type ListUsersForGroupOutput struct {
	Users       Users
	IsTruncated bool
	Marker      string `json:",omitempty"`
}

// ListGroupsForUserInput names a user.
type ListGroupsForUserInput struct{ UserName string }

// Params lists the rows.
func (in *ListGroupsForUserInput) Params() []Param { return []Param{userName(&in.UserName, true)} }

// ListGroupsForUserOutput lists the groups of a user.
type ListGroupsForUserOutput struct{ Groups UserGroups }

// GroupAttachment identifies a policy and a group that it is attached to.
type GroupAttachment struct{ PolicyType, PolicyName, GroupName string }

func (a *GroupAttachment) rows() []Param {
	return []Param{policyType(&a.PolicyType, true), policyName(&a.PolicyName), groupName(&a.GroupName)}
}

// AttachPolicyToGroupInput attaches a policy to a group.
type AttachPolicyToGroupInput struct{ GroupAttachment }

// Params lists the rows.
func (in *AttachPolicyToGroupInput) Params() []Param { return in.rows() }

// AttachPolicyToGroupOutput is empty.
type AttachPolicyToGroupOutput struct{}

// DetachPolicyFromGroupInput detaches a policy from a group.
type DetachPolicyFromGroupInput struct{ GroupAttachment }

// Params lists the rows.
func (in *DetachPolicyFromGroupInput) Params() []Param { return in.rows() }

// DetachPolicyFromGroupOutput is empty.
type DetachPolicyFromGroupOutput struct{}

// ListPoliciesForGroupInput names a group.
type ListPoliciesForGroupInput struct{ GroupName string }

// Params lists the rows.
func (in *ListPoliciesForGroupInput) Params() []Param { return []Param{groupName(&in.GroupName)} }

// ListPoliciesForGroupOutput lists the policies of a group.
type ListPoliciesForGroupOutput struct{ Policies UserPolicies }
