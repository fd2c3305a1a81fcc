package api

// monitorOperations are the operations on the counters, minute by minute.
var monitorOperations = []*Operation{
	{
		Product: "Ens", Version: EnsVersion, Name: "DescribeLoadBalancerListenMonitor", Access: "get", Rate: usual,
		Doc: "Reports the connections and bytes of a listener, minute by minute, for the last 7 days. ActConns and InActConns, ValidRsNum and InValidRsNum are as at the end of the minute. InPkts and OutPkts are not answered: the kernel sees packets, the load balancer requests.",
		New: input[DescribeLoadBalancerListenMonitorInput], Out: output[DescribeLoadBalancerListenMonitorOutput],
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrLoadBalancerNotFound, ErrListenerNotFound, ErrInterface, ErrNoPermission},
		Example: []Example{
			{"LoadBalancerId", "lb-5s8w63yydi59w7klaikam"},
			{"VPort", "443"},
			{"StartTime", "2026-11-25 15:00:00"},
			{"EndTime", "2026-11-25 16:00:00"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "DescribeServerLoadBalancerListenMonitor", Access: "get", Rate: usual,
		Doc: "Reports the requests of the listeners of a load balancer by class of status, and how long they took, minute by minute, for the last 7 days.",
		New: input[DescribeServerLoadBalancerListenMonitorInput], Out: output[DescribeServerLoadBalancerListenMonitorOutput],
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrLoadBalancerNotFound, ErrListenerNotFound, ErrInterface, ErrNoPermission},
		Example: []Example{
			{"LoadBalancerId", "lb-5s8w63yydi59w7klaikam"},
			{"VPort", "443"},
			{"StartTime", "2026-11-25T15:00:00Z"},
			{"EndTime", "2026-11-25T16:00:00Z"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "DescribeServerLoadBalancerMonitor", Access: "get", Rate: usual,
		Doc: "Reports the requests of a load balancer by class of status, and how long they took, minute by minute, for the last 7 days.",
		New: input[DescribeServerLoadBalancerMonitorInput], Out: output[DescribeServerLoadBalancerMonitorOutput],
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrInvalidParameter, ErrLoadBalancerNotFound, ErrInterface, ErrNoPermission},
		Example: []Example{
			{"LoadBalancerId", "lb-5s8w63yydi59w7klaikam"},
			{"StartTime", "2026-11-25T15:00:00Z"},
			{"EndTime", "2026-11-25T16:00:00Z"},
		},
	},
}
