package api

// policyVersionOperations are the operations on the versions of policies.
var policyVersionOperations = []*Operation{
	{
		Product: "Ram", Version: RamVersion, Name: "CreatePolicyVersion", Access: "create", Rate: usual, Resources: ofPolicy,
		Doc: "Adds a version to a policy, which has at most five.",
		New: input[CreatePolicyVersionInput], Out: output[CreatePolicyVersionOutput], ObservedBy: "ListPolicyVersions", ObservedWith: customPolicy,
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrPolicyNotExist, ErrMalformedPolicyDocument, ErrLimitExceededVersion},
		Example: []Example{
			{"PolicyName", "listeners-only"},
			{"PolicyDocument", `{"Version":"1","Statement":[{"Effect":"Allow","Action":"ens:*Listener*","Resource":"*"}]}`},
			{"SetAsDefault", "true"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "GetPolicyVersion", Access: "get", Rate: usual, Resources: ofTypedPolicy,
		Doc: "Describes a version of a policy with its document.",
		New: input[GetPolicyVersionInput], Out: output[GetPolicyVersionOutput],
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrPolicyNotExist, ErrPolicyVersionNotExist},
		Example: []Example{
			{"PolicyType", "Custom"},
			{"PolicyName", "listeners-only"},
			{"VersionId", "v1"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "ListPolicyVersions", Access: "list", Rate: usual, Resources: ofTypedPolicy,
		Doc: "Lists the versions of a policy, oldest first.",
		New: input[ListPolicyVersionsInput], Out: output[ListPolicyVersionsOutput],
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrPolicyNotExist},
		Example: []Example{
			{"PolicyType", "Custom"},
			{"PolicyName", "listeners-only"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "SetDefaultPolicyVersion", Access: "update", Rate: usual, Resources: ofPolicy,
		Doc: "Lets another version of a policy count.",
		New: input[SetDefaultPolicyVersionInput], Out: output[SetDefaultPolicyVersionOutput], ObservedBy: "GetPolicy", ObservedWith: customPolicy,
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrPolicyNotExist, ErrPolicyVersionNotExist},
		Example: []Example{
			{"PolicyName", "listeners-only"},
			{"VersionId", "v2"},
		},
	},
	{
		Product: "Ram", Version: RamVersion, Name: "DeletePolicyVersion", Access: "delete", Rate: usual, Resources: ofPolicy,
		Doc: "Deletes a version of a policy that does not count.",
		New: input[DeletePolicyVersionInput], Out: output[DeletePolicyVersionOutput], ObservedBy: "ListPolicyVersions", ObservedWith: customPolicy,
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrPolicyNotExist, ErrPolicyVersionNotExist, ErrDeleteConflictDefault},
		Example: []Example{
			{"PolicyName", "listeners-only"},
			{"VersionId", "v2"},
		},
	},
}
