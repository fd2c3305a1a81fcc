package api

// stsOperations are the operations of STS.
var stsOperations = []*Operation{
	{
		Product: "Sts", Version: StsVersion, Name: "AssumeRole", Access: "create", Rate: usual, Resources: ofRoleARN,
		Doc: "Answers a temporary access key with the policies of a role. The trust policy of the role has to name the caller, and the caller has to be allowed sts:AssumeRole.",
		New: input[AssumeRoleInput], Out: output[AssumeRoleOutput], ObservedBy: NoObserver,
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermissionRAM, ErrRoleNotExist, ErrMalformedPolicyDocument, ErrRoleByRoot, ErrNotTrusted},
		Example: []Example{
			{"RoleArn", "acs:ram::1234567890123456:role/deploy"},
			{"RoleSessionName", "build-17"},
			{"DurationSeconds", "900"},
		},
	},
	{
		Product: "Sts", Version: StsVersion, Name: "GetCallerIdentity", Access: "get", Rate: usual, Unrestricted: true,
		Doc: "Says who signed the call.",
		New: input[GetCallerIdentityInput], Out: output[GetCallerIdentityOutput],
		Errors: []ErrorID{ErrInterface},
	},
}
