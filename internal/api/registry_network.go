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
		Doc: "Lists networks, newest first.",
		New: input[DescribeNetworksInput], Out: output[DescribeNetworksOutput],
		Errors: []ErrorID{ErrInvalid, ErrInvalidParameter, ErrInterface, ErrNoPermission},
		Example: []Example{
			{"EnsRegionId", "local"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "DescribeVSwitches", Access: "list", Rate: usual,
		Doc: "Lists vSwitches, newest first.",
		New: input[DescribeVSwitchesInput], Out: output[DescribeVSwitchesOutput],
		Errors: []ErrorID{ErrInvalid, ErrInvalidParameter, ErrInterface, ErrNoPermission},
		Example: []Example{
			{"NetworkId", "n-default"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "CreateNetwork", Access: "create", Rate: Rate{Account: 100, User: 5},
		Doc: "Creates a network, which is a range of addresses for vSwitches.",
		New: input[CreateNetworkInput], Out: output[CreateNetworkOutput], ObservedBy: "DescribeNetworkAttribute",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermission, ErrRegionNotFound},
		Example: []Example{
			{"EnsRegionId", "local"},
			{"CidrBlock", "192.168.0.0/16"},
			{"NetworkName", "edge"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "DescribeNetworkAttribute", Access: "get", Rate: usual,
		Doc: "Describes a network with what is in it.",
		New: input[DescribeNetworkAttributeInput], Out: output[DescribeNetworkAttributeOutput],
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermission, ErrNetworkNotFound},
		Example: []Example{
			{"NetworkId", "n-5s8w63yydi59w7klaikam"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "ModifyNetworkAttribute", Access: "update", Rate: usual,
		Doc: "Gives a network another name or description. An empty one clears it.",
		New: input[ModifyNetworkAttributeInput], Out: output[ModifyNetworkAttributeOutput], ObservedBy: "DescribeNetworkAttribute",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermission, ErrNetworkNotFound},
		Example: []Example{
			{"NetworkId", "n-5s8w63yydi59w7klaikam"},
			{"NetworkName", "edge"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "DeleteNetwork", Access: "delete", Rate: usual,
		Doc: "Deletes a network that has neither a vSwitch nor a registered server.",
		New: input[DeleteNetworkInput], Out: output[DeleteNetworkOutput], ObservedBy: "DescribeNetworkAttribute",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermission, ErrNetworkNotFound, ErrIncorrectInstanceStatus},
		Example: []Example{
			{"NetworkId", "n-5s8w63yydi59w7klaikam"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "CreateVSwitch", Access: "create", Rate: usual,
		Doc: "Creates a vSwitch, which is the range that load balancers get their addresses from.",
		New: input[CreateVSwitchInput], Out: output[CreateVSwitchOutput], ObservedBy: "DescribeVSwitchAttributes",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermission, ErrNetworkNotFound, ErrRegionNotFound},
		Example: []Example{
			{"EnsRegionId", "local"},
			{"CidrBlock", "192.168.2.0/24"},
			{"NetworkId", "n-5s8w63yydi59w7klaikam"},
			{"VSwitchName", "edge"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "DescribeVSwitchAttributes", Access: "get", Rate: usual,
		Doc: "Describes a vSwitch with what is in it.",
		New: input[DescribeVSwitchAttributesInput], Out: output[DescribeVSwitchAttributesOutput],
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermission, ErrVSwitchNotFound},
		Example: []Example{
			{"VSwitchId", "vsw-5s8w63yydi59w7klaikam"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "ModifyVSwitchAttribute", Access: "update", Rate: usual,
		Doc: "Gives a vSwitch another name or description. An empty one clears it.",
		New: input[ModifyVSwitchAttributeInput], Out: output[ModifyVSwitchAttributeOutput], ObservedBy: "DescribeVSwitchAttributes",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermission, ErrVSwitchNotFound},
		Example: []Example{
			{"VSwitchId", "vsw-5s8w63yydi59w7klaikam"},
			{"VSwitchName", "edge"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "DeleteVSwitch", Access: "delete", Rate: usual,
		Doc: "Deletes a vSwitch that has neither a load balancer nor a registered server.",
		New: input[DeleteVSwitchInput], Out: output[DeleteVSwitchOutput], ObservedBy: "DescribeVSwitchAttributes",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermission, ErrVSwitchNotFound, ErrIncorrectInstanceStatus},
		Example: []Example{
			{"VSwitchId", "vsw-5s8w63yydi59w7klaikam"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "DescribeRegionIsps", Access: "list", Rate: usual,
		Doc: "Lists the carriers of a region: all that an EIP may name.",
		New: input[DescribeRegionIspsInput], Out: output[DescribeRegionIspsOutput],
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermission, ErrRegionNotFound},
		Example: []Example{
			{"EnsRegionId", "local"},
		},
	},
}
