package api

// tagOperations are the operations on tags.
var tagOperations = []*Operation{
	{
		Product: "Ens", Version: EnsVersion, Name: "TagResources", Access: "update", Rate: usual,
		Doc: "Gives resources tags: all of them, or none if one cannot have them.",
		New: input[TagResourcesInput], Out: output[TagResourcesOutput], ObservedBy: "ListTagResources",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermission, ErrResourceNotFound},
		Example: []Example{
			{"ResourceType", "network"},
			{"ResourceId", "n-5s8w63yydi59w7klaikam"},
			{"Tag", "owner=edge"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "UntagResources", Access: "update", Rate: usual,
		Doc: "Takes tags from resources.",
		New: input[UntagResourcesInput], Out: output[UntagResourcesOutput], ObservedBy: "ListTagResources",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermission, ErrResourceNotFound},
		Example: []Example{
			{"ResourceType", "network"},
			{"ResourceId", "n-5s8w63yydi59w7klaikam"},
			{"TagKey", "owner"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "ListTagResources", Access: "list", Rate: usual,
		Doc: "Lists the tags of resources, in the order of their IDs.",
		New: input[ListTagResourcesInput], Out: output[ListTagResourcesOutput],
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermission},
		Example: []Example{
			{"ResourceType", "network"},
		},
	},
}
