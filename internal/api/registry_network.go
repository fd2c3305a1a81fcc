package api

// networkOperations are the operations on regions, networks and vSwitches.
var networkOperations = []*Operation{
	{
		Product: "Ens", Version: EnsVersion, Name: "DescribeEnsRegions", Access: "list", Rate: usual,
		Doc: "Lists regions.",
		New: input[DescribeEnsRegionsInput], Out: output[DescribeEnsRegionsOutput],
		Errors: []ErrorID{ErrInvalid, ErrInvalidParameter, ErrInterface, ErrNoPermission},
		Example: []Example{
			{"EnsRegionId", "local"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "DescribeNetworks", Access: "list", Rate: usual,
		Doc: "Lists networks.",
		New: input[DescribeNetworksInput], Out: output[DescribeNetworksOutput],
		Errors: []ErrorID{ErrInvalid, ErrInvalidParameter, ErrInterface, ErrNoPermission},
		Example: []Example{
			{"EnsRegionId", "local"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "DescribeVSwitches", Access: "list", Rate: usual,
		Doc: "Lists vSwitches.",
		New: input[DescribeVSwitchesInput], Out: output[DescribeVSwitchesOutput],
		Errors: []ErrorID{ErrInvalid, ErrInvalidParameter, ErrInterface, ErrNoPermission},
		Example: []Example{
			{"NetworkId", "n-default"},
		},
	},
}
