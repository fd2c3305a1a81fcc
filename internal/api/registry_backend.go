package api

// backendOperations are the operations on the pool of a load balancer.
var backendOperations = []*Operation{
	{
		Product: "Ens", Version: EnsVersion, Name: "AddBackendServers", Access: "update", Rate: usual,
		Doc: "Adds backend servers to a load balancer. They serve all of its listeners.",
		New: input[AddBackendServersInput], Out: output[AddBackendServersOutput], ObservedBy: "DescribeLoadBalancerAttribute",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrLoadBalancerNotFound, ErrIncorrectInstanceStatus, ErrInterface, ErrNoPermission, ErrBackendServerExists, ErrTooManyBackendServers},
		Example: []Example{
			{"LoadBalancerId", "lb-5s8w63yydi59w7klaikam"},
			{"BackendServers", `[{"ServerId":"i-5vb5h5njxiuhn48a","Ip":"10.0.0.7","Port":"8080","Weight":"100"}]`},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "SetBackendServers", Access: "update", Rate: usual,
		Doc: "Changes the weight of backend servers.",
		New: input[SetBackendServersInput], Out: output[SetBackendServersOutput], Stops: &Cond{"BackendServers.Weight", "0"}, ObservedBy: "DescribeLoadBalancerAttribute",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrLoadBalancerNotFound, ErrIncorrectInstanceStatus, ErrInterface, ErrNoPermission, ErrBackendServerNotFound},
		Example: []Example{
			{"LoadBalancerId", "lb-5s8w63yydi59w7klaikam"},
			{"BackendServers", `[{"ServerId":"i-5vb5h5njxiuhn48a","Weight":"50"}]`},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "RemoveBackendServers", Access: "update", Rate: usual,
		Doc: "Removes backend servers from a load balancer.",
		New: input[RemoveBackendServersInput], Out: output[RemoveBackendServersOutput], Stops: always, ObservedBy: "DescribeLoadBalancerAttribute",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrLoadBalancerNotFound, ErrIncorrectInstanceStatus, ErrInterface, ErrNoPermission, ErrBackendServerNotFound},
		Example: []Example{
			{"LoadBalancerId", "lb-5s8w63yydi59w7klaikam"},
			{"BackendServers", `[{"ServerId":"i-5vb5h5njxiuhn48a"}]`},
		},
	},
}
