package api

// eipOperations are the operations on EIPs: addresses of the operator's pool that
// load balancers serve on in addition to their own.
var eipOperations = []*Operation{
	{
		Product: "Ens", Version: EnsVersion, Name: "CreateEipInstance", Access: "create", Rate: Rate{Account: 5000, User: 50},
		Doc: "Takes an EIP from the pool that the operator gives with -eip-pool.",
		New: input[CreateEipInstanceInput], Out: output[CreateEipInstanceOutput], ObservedBy: "DescribeEnsEipAddresses",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermission, ErrRegionNotFound, ErrEIPPoolEmpty, ErrIdempotentMismatch},
		Example: []Example{
			{"EnsRegionId", "local"},
			{"InstanceChargeType", "PostPaid"},
			{"InternetChargeType", "95BandwidthByMonth"},
			{"Bandwidth", "100"},
			{"Name", "shop"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "DescribeEnsEipAddresses", Access: "list", Rate: usual,
		Doc: "Lists EIPs, newest first.",
		New: input[DescribeEnsEipAddressesInput], Out: output[DescribeEnsEipAddressesOutput],
		Errors: []ErrorID{ErrInvalid, ErrInvalidParameter, ErrInterface, ErrNoPermission},
		Example: []Example{
			{"AllocationId", "eip-5s8w63yydi59w7klaikam"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "AssociateEnsEipAddress", Access: "update", Rate: usual,
		Doc: "Associates an EIP with a load balancer: all of its listeners serve on the address of the EIP, too.",
		New: input[AssociateEnsEipAddressInput], Out: output[AssociateEnsEipAddressOutput], ObservedBy: "DescribeEnsEipAddresses",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermission, ErrEIPNotFound, ErrLoadBalancerNotFound, ErrEIPStatus, ErrTooManyEIPs},
		Example: []Example{
			{"AllocationId", "eip-5s8w63yydi59w7klaikam"},
			{"InstanceId", "lb-5s8w63yydi59w7klaikam"},
			{"InstanceType", "SlbInstance"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "UnAssociateEnsEipAddress", Access: "update", Rate: usual,
		Doc: "Removes an EIP from its load balancer, which stops serving on the address. Requests in progress may complete.",
		New: input[UnAssociateEnsEipAddressInput], Out: output[UnAssociateEnsEipAddressOutput], ObservedBy: "DescribeEnsEipAddresses", Stops: always,
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermission, ErrEIPNotFound, ErrEIPStatus},
		Example: []Example{
			{"AllocationId", "eip-5s8w63yydi59w7klaikam"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "ModifyEnsEipAddressAttribute", Access: "update", Rate: usual,
		Doc: "Gives an EIP another name, description or bandwidth. An empty name or description clears it.",
		New: input[ModifyEnsEipAddressAttributeInput], Out: output[ModifyEnsEipAddressAttributeOutput], ObservedBy: "DescribeEnsEipAddresses",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermission, ErrEIPNotFound},
		Example: []Example{
			{"AllocationId", "eip-5s8w63yydi59w7klaikam"},
			{"Bandwidth", "200"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "DeleteEip", Access: "delete", Rate: usual,
		Doc: "Gives an EIP that is not associated back to the pool.",
		New: input[DeleteEipInput], Out: output[DeleteEipOutput], ObservedBy: NoObserver,
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermission, ErrEIPNotFound, ErrEIPStatus},
		Example: []Example{
			{"InstanceId", "eip-5s8w63yydi59w7klaikam"},
		},
	},
}
