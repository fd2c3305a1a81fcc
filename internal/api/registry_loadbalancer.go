package api

import "elbow/internal/elb"

// loadBalancerOperations are the operations on load balancers.
var loadBalancerOperations = []*Operation{
	{
		Product: "Ens", Version: EnsVersion, Name: "CreateLoadBalancer", Access: "create", Rate: Rate{Account: 100, User: 5},
		Doc: "Creates an edge load balancer.",
		New: input[CreateLoadBalancerInput], Out: output[CreateLoadBalancerOutput], ObservedBy: "DescribeLoadBalancerAttribute",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermission, ErrRegionNotFound, ErrNetworkNotFound, ErrVSwitchNotFound, ErrVSwitchFull, ErrIdempotentMismatch},
		Example: []Example{
			{"EnsRegionId", "local"},
			{"LoadBalancerSpec", "elb.s2.medium"},
			{"NetworkId", "n-default"},
			{"VSwitchId", "vsw-default"},
			{"PayType", "PostPaid"},
			{"LoadBalancerName", "shop"},
			{"ClientToken", "0c593ea1-3bea-11e9-b96b-88e9fe637760"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "DescribeLoadBalancers", Access: "list", Rate: usual,
		Doc: "Lists load balancers, newest first.",
		New: input[DescribeLoadBalancersInput], Out: output[DescribeLoadBalancersOutput],
		Errors: []ErrorID{ErrInvalid, ErrInvalidParameter, ErrInterface, ErrNoPermission},
		Example: []Example{
			{"EnsRegionId", "local"},
			{"PageSize", "50"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "DescribeLoadBalancerAttribute", Access: "get", Rate: usual,
		Doc: "Describes a load balancer with its listeners and backend servers. Of an unknown load balancer the answer has no LoadBalancerId.",
		New: input[DescribeLoadBalancerAttributeInput], Out: output[DescribeLoadBalancerAttributeOutput],
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermission},
		Example: []Example{
			{"LoadBalancerId", "lb-5s8w63yydi59w7klaikam"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "ModifyLoadBalancerAttribute", Access: "update", Rate: usual,
		Doc: "Renames a load balancer.",
		New: input[ModifyLoadBalancerAttributeInput], Out: output[ModifyLoadBalancerAttributeOutput], ObservedBy: "DescribeLoadBalancerAttribute",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrLoadBalancerNotFound, ErrInterface, ErrNoPermission},
		Example: []Example{
			{"LoadBalancerId", "lb-5s8w63yydi59w7klaikam"},
			{"LoadBalancerName", "shop"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "SetLoadBalancerStatus", Access: "update", Rate: usual,
		Doc: "Lets a load balancer forward traffic or not.",
		New: input[SetLoadBalancerStatusInput], Out: output[SetLoadBalancerStatusOutput], Stops: &Cond{"LoadBalancerStatus", string(elb.InActive)}, ObservedBy: "DescribeLoadBalancerAttribute",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrLoadBalancerNotFound, ErrInterface, ErrNoPermission},
		Example: []Example{
			{"LoadBalancerId", "lb-5s8w63yydi59w7klaikam"},
			{"LoadBalancerStatus", "InActive"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "DescribeLoadBalancerSpec", Access: "get", Rate: usual,
		Doc: "Lists the specifications of load balancers.",
		New: input[DescribeLoadBalancerSpecInput], Out: output[DescribeLoadBalancerSpecOutput],
		Errors: []ErrorID{ErrInvalid, ErrInvalidParameter, ErrInterface, ErrNoPermission},
		Example: []Example{
			{"LoadBalancerSpec", "elb.s2.medium"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "ReleaseInstance", Access: "delete", Rate: Rate{Account: 10000, User: 50},
		Doc: "Releases a resource of any kind. A load balancer is released with its listeners.",
		New: input[ReleaseInstanceInput], Out: output[ReleaseInstanceOutput], ObservedBy: NoObserver,
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrInterface, ErrNoPermission, ErrInstanceNotFound, ErrLoadBalancerNotFound, ErrEIPGone, ErrIncorrectInstanceStatus, ErrEIPStatus},
		Example: []Example{
			{"InstanceId", "lb-5s8w63yydi59w7klaikam"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "DeleteLoadBalancer", Access: "delete", Rate: usual,
		Doc: "Releases a load balancer with its listeners.",
		New: input[DeleteLoadBalancerInput], Out: output[DeleteLoadBalancerOutput], ObservedBy: "DescribeLoadBalancerAttribute",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrLoadBalancerGone, ErrInterface, ErrNoPermission},
		Example: []Example{
			{"LoadBalancerId", "lb-5s8w63yydi59w7klaikam"},
		},
	},
}
