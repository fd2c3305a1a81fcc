package api

import (
	"slices"

	"elbow/internal/elb"
)

// ramOperations are the operations of RAM: users, their keys, passwords and
// policies.
var ramOperations = slices.Concat(userOperations, loginOperations, policyOperations, policyVersionOperations, groupOperations, roleOperations)

// userOperations are the operations on users and their keys.
var userOperations = []*Operation{
	{
		Product: "Ram", Version: RamVersion, Name: "CreateUser", Access: "create", Rate: usual, Resources: ofUser,
		Doc: "Creates a RAM user.",
		New: input[CreateUserInput], Out: output[CreateUserOutput], ObservedBy: "GetUser",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrUserExists, ErrLimitExceededUsers},
		Example: []Example{
			{"UserName", "alice"},
			{"DisplayName", "Alice"},
			{"Comments", "on call"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "GetUser", Access: "get", Rate: usual, Resources: ofUser,
		Doc: "Describes a user.",
		New: input[GetUserInput], Out: output[GetUserOutput],
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrUserNotExist},
		Example: []Example{
			{"UserName", "alice"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "ListUsers", Access: "list", Rate: usual,
		Doc: "Lists users.",
		New: input[ListUsersInput], Out: output[ListUsersOutput],
		Errors: []ErrorID{ErrInvalid, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM},
		Example: []Example{
			{"MaxItems", "50"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "UpdateUser", Access: "update", Rate: usual, Resources: ofRenamedUser,
		Doc: "Changes a user. What is absent stays. Who has a new name signs in to the console again.",
		New: input[UpdateUserInput], Out: output[UpdateUserOutput], ObservedBy: "GetUser",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrUserNotExist, ErrUserExists},
		Example: []Example{
			{"UserName", "alice"},
			{"NewDisplayName", "Alice B."},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "DeleteUser", Access: "delete", Rate: usual, Resources: ofUser,
		Doc: "Deletes a user who has no access keys and policies and is in no group.",
		New: input[DeleteUserInput], Out: output[DeleteUserOutput], ObservedBy: "GetUser",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrUserNotExist, ErrDeleteConflictAccessKey, ErrDeleteConflictPolicy, ErrDeleteConflictUserGroup},
		Example: []Example{
			{"UserName", "alice"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "CreateAccessKey", Access: "create", Rate: usual, Resources: ofKeys,
		Doc: "Makes an access key for a user, or without UserName for the caller. Its secret is in this answer and never again.",
		New: input[CreateAccessKeyInput], Out: output[CreateAccessKeyOutput], ObservedBy: "ListAccessKeys",
		Errors: []ErrorID{ErrInvalid, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrUserNotExist, ErrLimitExceededAccessKey},
		Example: []Example{
			{"UserName", "alice"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "ListAccessKeys", Access: "list", Rate: usual, Resources: ofKeys,
		Doc: "Lists the access keys of a user, or without UserName of the caller.",
		New: input[ListAccessKeysInput], Out: output[ListAccessKeysOutput],
		Errors: []ErrorID{ErrInvalid, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrUserNotExist},
		Example: []Example{
			{"UserName", "alice"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "UpdateAccessKey", Access: "update", Rate: usual, Resources: ofKeys,
		Doc: "Allows or forbids the use of an access key.",
		New: input[UpdateAccessKeyInput], Out: output[UpdateAccessKeyOutput], Stops: &Cond{"Status", KeyInactive}, ObservedBy: "ListAccessKeys",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrUserNotExist, ErrAccessKeyNotExist},
		Example: []Example{
			{"UserName", "alice"},
			{"UserAccessKeyId", "LTAI0123456789ABCDEFGHIJ"},
			{"Status", "Inactive"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "DeleteAccessKey", Access: "delete", Rate: usual, Resources: ofKeys,
		Doc: "Deletes an access key.",
		New: input[DeleteAccessKeyInput], Out: output[DeleteAccessKeyOutput], ObservedBy: "ListAccessKeys",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrUserNotExist, ErrAccessKeyNotExist},
		Example: []Example{
			{"UserName", "alice"},
			{"UserAccessKeyId", "LTAI0123456789ABCDEFGHIJ"},
		},
	},
}

// customPolicy is the type of policies that can be changed.
var customPolicy = map[string]string{"PolicyType": elb.CustomPolicy}

// policyOperations are the operations on policies and their attachments.
var policyOperations = []*Operation{
	{
		Product: "Ram", Version: RamVersion, Name: "CreatePolicy", Access: "create", Rate: usual, Resources: ofPolicy,
		Doc: "Creates a policy.",
		New: input[CreatePolicyInput], Out: output[CreatePolicyOutput], ObservedBy: "GetPolicy", ObservedWith: customPolicy,
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrPolicyExists, ErrMalformedPolicyDocument, ErrLimitExceededPolicies},
		Example: []Example{
			{"PolicyName", "listeners-only"},
			{"PolicyDocument", `{"Version":"1","Statement":[{"Effect":"Allow","Action":"ens:*Listener*","Resource":"*"}]}`},
			{"Description", "Listeners and nothing else"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "GetPolicy", Access: "get", Rate: usual, Resources: ofTypedPolicy,
		Doc: "Describes a policy with its document.",
		New: input[GetPolicyInput], Out: output[GetPolicyOutput],
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrPolicyNotExist},
		Example: []Example{
			{"PolicyType", "Custom"},
			{"PolicyName", "listeners-only"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "ListPolicies", Access: "list", Rate: usual,
		Doc: "Lists policies.",
		New: input[ListPoliciesInput], Out: output[ListPoliciesOutput],
		Errors: []ErrorID{ErrInvalid, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM},
		Example: []Example{
			{"PolicyType", "System"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "UpdatePolicyDescription", Access: "update", Rate: usual, Resources: ofPolicy,
		Doc: "Gives a policy another description.",
		New: input[UpdatePolicyDescriptionInput], Out: output[UpdatePolicyDescriptionOutput], ObservedBy: "GetPolicy", ObservedWith: customPolicy,
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrPolicyNotExist},
		Example: []Example{
			{"PolicyName", "listeners-only"},
			{"NewDescription", "Listeners alone"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "ListEntitiesForPolicy", Access: "list", Rate: usual, Resources: ofTypedPolicy,
		Doc: "Lists the users, groups and roles that have a policy.",
		New: input[ListEntitiesForPolicyInput], Out: output[ListEntitiesForPolicyOutput],
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrPolicyNotExist},
		Example: []Example{
			{"PolicyType", "Custom"},
			{"PolicyName", "listeners-only"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "DeletePolicy", Access: "delete", Rate: usual, Resources: ofPolicy,
		Doc: "Deletes a policy that no user, group or role has, and that has one version unless CascadingDelete is true.",
		New: input[DeletePolicyInput], Out: output[DeletePolicyOutput], ObservedBy: "GetPolicy", ObservedWith: customPolicy,
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrPolicyNotExist, ErrDeleteConflictUser, ErrDeleteConflictPolicyGroup, ErrDeleteConflictPolicyRole, ErrDeleteConflictPolicyVersion},
		Example: []Example{
			{"PolicyName", "listeners-only"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "AttachPolicyToUser", Access: "update", Rate: usual, Resources: ofAttachment,
		Doc: "Gives a policy to a user.",
		New: input[AttachPolicyToUserInput], Out: output[AttachPolicyToUserOutput], ObservedBy: "ListPoliciesForUser",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrUserNotExist, ErrPolicyNotExist, ErrUserPolicyExists, ErrLimitExceededPolicy},
		Example: []Example{
			{"PolicyType", "Custom"},
			{"PolicyName", "listeners-only"},
			{"UserName", "alice"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "DetachPolicyFromUser", Access: "update", Rate: usual, Resources: ofAttachment,
		Doc: "Takes a policy from a user.",
		New: input[DetachPolicyFromUserInput], Out: output[DetachPolicyFromUserOutput], Stops: always, ObservedBy: "ListPoliciesForUser",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrUserNotExist, ErrPolicyNotExist, ErrUserPolicyNotExist},
		Example: []Example{
			{"PolicyType", "Custom"},
			{"PolicyName", "listeners-only"},
			{"UserName", "alice"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "ListPoliciesForUser", Access: "list", Rate: usual, Resources: ofUser,
		Doc: "Lists the policies of a user.",
		New: input[ListPoliciesForUserInput], Out: output[ListPoliciesForUserOutput],
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrUserNotExist},
		Example: []Example{
			{"UserName", "alice"},
		},
	},
}
