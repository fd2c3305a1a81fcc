package api

// roleOperations are the operations on roles and their policies.
var roleOperations = []*Operation{
	{
		Product: "Ram", Version: RamVersion, Name: "CreateRole", Access: "create", Rate: usual, Resources: ofRole,
		Doc: "Creates a role: whom its trust policy names may have sessions with its policies.",
		New: input[CreateRoleInput], Out: output[CreateRoleOutput], ObservedBy: "GetRole",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrRoleExists, ErrMalformedPolicyDocument, ErrLimitExceededRoles},
		Example: []Example{
			{"RoleName", "deploy"},
			{"AssumeRolePolicyDocument", `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":["acs:ram::1234567890123456:root"]}}]}`},
			{"Description", "of the deployment"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "GetRole", Access: "get", Rate: usual, Resources: ofRole,
		Doc: "Describes a role.",
		New: input[GetRoleInput], Out: output[GetRoleOutput],
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrRoleNotExist},
		Example: []Example{
			{"RoleName", "deploy"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "ListRoles", Access: "list", Rate: usual,
		Doc: "Lists roles.",
		New: input[ListRolesInput], Out: output[ListRolesOutput],
		Errors: []ErrorID{ErrInvalid, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM},
		Example: []Example{
			{"MaxItems", "50"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "UpdateRole", Access: "update", Rate: usual, Resources: ofRole,
		Doc: "Changes a role. What is absent stays.",
		New: input[UpdateRoleInput], Out: output[UpdateRoleOutput], ObservedBy: "GetRole",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrRoleNotExist, ErrMalformedPolicyDocument},
		Example: []Example{
			{"RoleName", "deploy"},
			{"NewMaxSessionDuration", "7200"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "DeleteRole", Access: "delete", Rate: usual, Resources: ofRole,
		Doc: "Deletes a role without policies, and ends its sessions.",
		New: input[DeleteRoleInput], Out: output[DeleteRoleOutput], ObservedBy: "GetRole",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrRoleNotExist, ErrDeleteConflictRolePolicy},
		Example: []Example{
			{"RoleName", "deploy"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "AttachPolicyToRole", Access: "update", Rate: usual, Resources: ofRoleAttachment,
		Doc: "Gives a policy to a role, and so to its sessions.",
		New: input[AttachPolicyToRoleInput], Out: output[AttachPolicyToRoleOutput], ObservedBy: "ListPoliciesForRole",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrRoleNotExist, ErrPolicyNotExist, ErrRolePolicyExists, ErrLimitExceededRolePolicy},
		Example: []Example{
			{"PolicyType", "Custom"},
			{"PolicyName", "listeners-only"},
			{"RoleName", "deploy"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "DetachPolicyFromRole", Access: "update", Rate: usual, Resources: ofRoleAttachment,
		Doc: "Takes a policy from a role.",
		New: input[DetachPolicyFromRoleInput], Out: output[DetachPolicyFromRoleOutput], ObservedBy: "ListPoliciesForRole", Stops: always,
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrRoleNotExist, ErrPolicyNotExist, ErrRolePolicyNotExist},
		Example: []Example{
			{"PolicyType", "Custom"},
			{"PolicyName", "listeners-only"},
			{"RoleName", "deploy"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "ListPoliciesForRole", Access: "list", Rate: usual, Resources: ofRole,
		Doc: "Lists the policies of a role.",
		New: input[ListPoliciesForRoleInput], Out: output[ListPoliciesForRoleOutput],
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrRoleNotExist},
		Example: []Example{
			{"RoleName", "deploy"},
		},
	},
}
