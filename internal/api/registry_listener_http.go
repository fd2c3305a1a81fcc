package api

// httpOperations are the operations on HTTP listeners.
var httpOperations = []*Operation{
	{
		Product: "Ens", Version: EnsVersion, Name: "CreateLoadBalancerHTTPListener", Access: "create", Rate: usual,
		Doc: "Creates an HTTP listener. It is stopped until StartLoadBalancerListener.",
		New: input[CreateLoadBalancerHTTPListenerInput], Out: output[CreateLoadBalancerHTTPListenerOutput], ObservedBy: "DescribeLoadBalancerHTTPListenerAttribute",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrLoadBalancerNotFound, ErrIncorrectInstanceStatus, ErrInterface, ErrListenerAlreadyExists, ErrNoPermission, ErrInvalidParameter},
		Example: []Example{
			{"LoadBalancerId", "lb-5s8w63yydi59w7klaikam"},
			{"ListenerPort", "80"},
			{"ListenerForward", "off"},
			{"ForwardPort", "443"},
			{"Description", "Listener description"},
			{"Scheduler", "wrr"},
			{"XForwardedFor", "on"},
			{"StickySessionType", "insert"},
			{"CookieTimeout", "100"},
			{"Cookie", "example"},
			{"HealthCheck", "on"},
			{"HealthCheckDomain", "example.com"},
			{"HealthCheckURI", "/checkpreload.htm"},
			{"HealthyThreshold", "3"},
			{"UnhealthyThreshold", "3"},
			{"HealthCheckTimeout", "5"},
			{"HealthCheckConnectPort", "11"},
			{"HealthCheckInterval", "2"},
			{"HealthCheckHttpCode", "http_2xx"},
			{"HealthCheckMethod", "head"},
			{"IdleTimeout", "15"},
			{"RequestTimeout", "60"},
			{"BackendServerPort", "8080"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "SetLoadBalancerHTTPListenerAttribute", Access: "update", Rate: usual,
		Doc: "Changes an HTTP listener. A parameter that is absent stays as it is; an empty Description clears it. Open connections are kept.",
		New: input[SetLoadBalancerHTTPListenerAttributeInput], Out: output[SetLoadBalancerHTTPListenerAttributeOutput], ObservedBy: "DescribeLoadBalancerHTTPListenerAttribute",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrLoadBalancerNotFound, ErrListenerNotFound, ErrIncorrectInstanceStatus, ErrInterface, ErrNoPermission, ErrInvalidParameter},
		Example: []Example{
			{"LoadBalancerId", "lb-5s8w63yydi59w7klaikam"},
			{"ListenerPort", "80"},
			{"Scheduler", "wlc"},
			{"IdleTimeout", "30"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "DescribeLoadBalancerHTTPListenerAttribute", Access: "get", Rate: usual,
		Doc: "Describes an HTTP listener.",
		New: input[DescribeLoadBalancerHTTPListenerAttributeInput], Out: output[DescribeLoadBalancerHTTPListenerAttributeOutput],
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrLoadBalancerGone, ErrListenerNotFound, ErrInterface, ErrNoPermission, ErrInvalidParameter},
		Example: []Example{
			{"LoadBalancerId", "lb-5s8w63yydi59w7klaikam"},
			{"ListenerPort", "80"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "DeleteLoadBalancerHTTPListener", Access: "delete", Rate: usual,
		Doc: "Deletes an HTTP listener, as DeleteLoadBalancerListener does. Not in the documents of ENS; Terraform calls it.",
		New: input[DeleteLoadBalancerHTTPListenerInput], Out: output[DeleteLoadBalancerHTTPListenerOutput], ObservedBy: "DescribeLoadBalancerHTTPListenerAttribute",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrLoadBalancerGone, ErrListenerNotFound, ErrIncorrectInstanceStatus, ErrInterface, ErrNoPermission, ErrInvalidParameter},
		Example: []Example{
			{"LoadBalancerId", "lb-5s8w63yydi59w7klaikam"},
			{"ListenerPort", "80"},
		},
	},
}
