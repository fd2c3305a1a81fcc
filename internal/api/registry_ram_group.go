package api

// groupOperations are the operations on groups of users and their policies.
var groupOperations = []*Operation{
	{
		Product: "Ram", Version: RamVersion, Name: "CreateGroup", Access: "create", Rate: usual, Resources: ofGroup,
		Doc: "Creates a group of users, who have the policies of the group.",
		New: input[CreateGroupInput], Out: output[CreateGroupOutput], ObservedBy: "GetGroup",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrGroupExists, ErrLimitExceededGroups},
		Example: []Example{
			{"GroupName", "operators"},
			{"Comments", "on call"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "GetGroup", Access: "get", Rate: usual, Resources: ofGroup,
		Doc: "Describes a group.",
		New: input[GetGroupInput], Out: output[GetGroupOutput],
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrGroupNotExist},
		Example: []Example{
			{"GroupName", "operators"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "ListGroups", Access: "list", Rate: usual,
		Doc: "Lists groups.",
		New: input[ListGroupsInput], Out: output[ListGroupsOutput],
		Errors: []ErrorID{ErrInvalid, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM},
		Example: []Example{
			{"MaxItems", "50"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "UpdateGroup", Access: "update", Rate: usual, Resources: ofRenamedGroup,
		Doc: "Changes the name or the remark of a group. What is absent stays.",
		New: input[UpdateGroupInput], Out: output[UpdateGroupOutput], ObservedBy: "GetGroup",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrGroupNotExist, ErrGroupExists},
		Example: []Example{
			{"GroupName", "operators"},
			{"NewComments", "on call at night"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "DeleteGroup", Access: "delete", Rate: usual, Resources: ofGroup,
		Doc: "Deletes a group without users and policies.",
		New: input[DeleteGroupInput], Out: output[DeleteGroupOutput], ObservedBy: "GetGroup",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrGroupNotExist, ErrDeleteConflictGroupUser, ErrDeleteConflictGroupPolicy},
		Example: []Example{
			{"GroupName", "operators"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "AddUserToGroup", Access: "update", Rate: usual, Resources: ofMembership,
		Doc: "Puts a user into a group.",
		New: input[AddUserToGroupInput], Out: output[AddUserToGroupOutput], ObservedBy: "ListGroupsForUser",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrUserNotExist, ErrGroupNotExist, ErrUserGroupExists, ErrLimitExceededUserGroup},
		Example: []Example{
			{"UserName", "alice"},
			{"GroupName", "operators"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "RemoveUserFromGroup", Access: "update", Rate: usual, Resources: ofMembership,
		Doc: "Takes a user out of a group.",
		New: input[RemoveUserFromGroupInput], Out: output[RemoveUserFromGroupOutput], ObservedBy: "ListGroupsForUser", Stops: always,
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrUserNotExist, ErrGroupNotExist, ErrUserGroupNotExist},
		Example: []Example{
			{"UserName", "alice"},
			{"GroupName", "operators"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "ListUsersForGroup", Access: "list", Rate: usual, Resources: ofGroup,
		Doc: "Lists the users of a group.",
		New: input[ListUsersForGroupInput], Out: output[ListUsersForGroupOutput],
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrGroupNotExist},
		Example: []Example{
			{"GroupName", "operators"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "ListGroupsForUser", Access: "list", Rate: usual, Resources: ofUser,
		Doc: "Lists the groups of a user.",
		New: input[ListGroupsForUserInput], Out: output[ListGroupsForUserOutput],
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrUserNotExist},
		Example: []Example{
			{"UserName", "alice"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "AttachPolicyToGroup", Access: "update", Rate: usual, Resources: ofGroupAttachment,
		Doc: "Gives a policy to a group, and so to its users.",
		New: input[AttachPolicyToGroupInput], Out: output[AttachPolicyToGroupOutput], ObservedBy: "ListPoliciesForGroup",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrGroupNotExist, ErrPolicyNotExist, ErrGroupPolicyExists, ErrLimitExceededGroupPolicy},
		Example: []Example{
			{"PolicyType", "Custom"},
			{"PolicyName", "listeners-only"},
			{"GroupName", "operators"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "DetachPolicyFromGroup", Access: "update", Rate: usual, Resources: ofGroupAttachment,
		Doc: "Takes a policy from a group.",
		New: input[DetachPolicyFromGroupInput], Out: output[DetachPolicyFromGroupOutput], ObservedBy: "ListPoliciesForGroup", Stops: always,
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrGroupNotExist, ErrPolicyNotExist, ErrGroupPolicyNotExist},
		Example: []Example{
			{"PolicyType", "Custom"},
			{"PolicyName", "listeners-only"},
			{"GroupName", "operators"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "ListPoliciesForGroup", Access: "list", Rate: usual, Resources: ofGroup,
		Doc: "Lists the policies of a group.",
		New: input[ListPoliciesForGroupInput], Out: output[ListPoliciesForGroupOutput],
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrGroupNotExist},
		Example: []Example{
			{"GroupName", "operators"},
		},
	},
}
