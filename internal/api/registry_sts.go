package api

// stsOperations are the operations of STS.
var stsOperations = []*Operation{
	{
		Product: "Sts", Version: StsVersion, Name: "GetCallerIdentity", Access: "get", Rate: usual, Unrestricted: true,
		Doc: "Says who signed the call.",
		New: input[GetCallerIdentityInput], Out: output[GetCallerIdentityOutput],
		Errors: []ErrorID{ErrInterface},
	},
}
