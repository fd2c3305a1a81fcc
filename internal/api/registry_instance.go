package api

// instanceOperations are the operations on the servers that backends may name by
// their id alone. Those that register are not in the documentation of ENS.
var instanceOperations = []*Operation{
	{
		Product: "Ens", Version: EnsVersion, Name: "RegisterInstance", Access: "create", Rate: usual,
		Doc: "Says which address or domain name a server has, so that AddBackendServers can name it by its ID alone. An ID that is registered gets the new address, name and place; backend servers that were added keep theirs. A domain name must resolve when a backend server is added, and need not before. Not in the documents of ENS.",
		New: input[RegisterInstanceInput], Out: output[RegisterInstanceOutput], ObservedBy: "DescribeInstances",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrRegionNotFound, ErrNetworkNotFound, ErrVSwitchNotFound, ErrInterface, ErrNoPermission},
		Example: []Example{
			{"InstanceId", "i-5vb5h5njxiuhn48a"},
			{"PrivateIpAddress", "10.0.0.7"},
			{"InstanceName", "web-1"},
			{"EnsRegionId", "local"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "DeregisterInstance", Access: "delete", Rate: usual,
		Doc: "Forgets the address of a server. Backend servers that were added stay. Not in the documents of ENS.",
		New: input[DeregisterInstanceInput], Out: output[DeregisterInstanceOutput], ObservedBy: "DescribeInstances",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInstanceNotFound, ErrInterface, ErrNoPermission},
		Example: []Example{
			{"InstanceId", "i-5vb5h5njxiuhn48a"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "RegisterInstanceRange", Access: "create", Rate: usual,
		Doc: "Registers all servers of a network at once: i-a-b-c-d has the address a.b.c.d. Not in the documents of ENS.",
		New: input[RegisterInstanceRangeInput], Out: output[RegisterInstanceRangeOutput], ObservedBy: NoObserver,
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermission},
		Example: []Example{
			{"CidrBlock", "10.0.0.0/16"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "DeregisterInstanceRange", Access: "delete", Rate: usual,
		Doc: "Forgets a range of servers. Backend servers that were added stay. Not in the documents of ENS.",
		New: input[DeregisterInstanceRangeInput], Out: output[DeregisterInstanceRangeOutput], ObservedBy: NoObserver,
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInstanceNotFound, ErrInterface, ErrNoPermission},
		Example: []Example{
			{"CidrBlock", "10.0.0.0/16"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "DescribeInstances", Access: "list", Rate: Rate{Account: 800, User: 100},
		Doc: "Lists the registered servers, newest first.",
		New: input[DescribeInstancesInput], Out: output[DescribeInstancesOutput],
		Errors: []ErrorID{ErrInvalid, ErrInvalidParameter, ErrInterface, ErrNoPermission},
		Example: []Example{
			{"InstanceIds", `["i-5vb5h5njxiuhn48a"]`},
			{"EnsRegionId", "local"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "DescribeNetworkInterfaces", Access: "list", Rate: usual,
		Doc: "Lists the network interfaces of the registered servers: one each, of the same name with eni- instead of i-.",
		New: input[DescribeNetworkInterfacesInput], Out: output[DescribeNetworkInterfacesOutput],
		Errors: []ErrorID{ErrInvalid, ErrInvalidParameter, ErrInterface, ErrNoPermission},
		Example: []Example{
			{"InstanceId", "i-5vb5h5njxiuhn48a"},
		},
	},
}
