package api

import "slices"

// listenerOperations are the operations on listeners.
var listenerOperations = slices.Concat(httpsOperations, httpOperations, tcpOperations, udpOperations, anyListenerOperations)

// httpsOperations are the operations on HTTPS listeners.
var httpsOperations = []*Operation{
	{
		Product: "Ens", Version: EnsVersion, Name: "CreateLoadBalancerHTTPSListener", Access: "create", Rate: usual,
		Doc: "Creates an HTTPS listener. It is stopped until StartLoadBalancerListener.",
		New: input[CreateLoadBalancerHTTPSListenerInput], Out: output[CreateLoadBalancerHTTPSListenerOutput], ObservedBy: "DescribeLoadBalancerHTTPSListenerAttribute",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrLoadBalancerNotFound, ErrIncorrectInstanceStatus, ErrServerCertificateNotFound, ErrInterface, ErrListenerAlreadyExists, ErrNoPermission, ErrInvalidParameter},
		Example: []Example{
			{"LoadBalancerId", "lb-5s8w63yydi59w7klaikam"},
			{"ListenerPort", "443"},
			{"ListenerForward", "off"},
			{"ForwardPort", "80"},
			{"Description", "Listener description"},
			{"Scheduler", "wrr"},
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
			{"IdleTimeout", "15"},
			{"RequestTimeout", "60"},
			{"ServerCertificateId", "60276"},
			{"HealthCheckMethod", "head"},
			{"BackendServerPort", "8080"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "SetLoadBalancerHTTPSListenerAttribute", Access: "update", Rate: usual,
		Doc: "Changes an HTTPS listener. A parameter that is absent stays as it is; an empty Description clears it. Open connections are kept.",
		New: input[SetLoadBalancerHTTPSListenerAttributeInput], Out: output[SetLoadBalancerHTTPSListenerAttributeOutput], ObservedBy: "DescribeLoadBalancerHTTPSListenerAttribute",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrLoadBalancerNotFound, ErrListenerNotFound, ErrIncorrectInstanceStatus, ErrServerCertificateNotFound, ErrInterface, ErrNoPermission, ErrInvalidParameter},
		Example: []Example{
			{"LoadBalancerId", "lb-5s8w63yydi59w7klaikam"},
			{"ListenerPort", "443"},
			{"Scheduler", "wlc"},
			{"IdleTimeout", "30"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "DescribeLoadBalancerHTTPSListenerAttribute", Access: "get", Rate: usual,
		Doc: "Describes an HTTPS listener.",
		New: input[DescribeLoadBalancerHTTPSListenerAttributeInput], Out: output[DescribeLoadBalancerHTTPSListenerAttributeOutput],
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrLoadBalancerGone, ErrListenerNotFound, ErrInterface, ErrNoPermission, ErrInvalidParameter},
		Example: []Example{
			{"LoadBalancerId", "lb-5s8w63yydi59w7klaikam"},
			{"ListenerPort", "443"},
		},
	},
}

// anyListenerOperations are the operations on listeners of every protocol.
var anyListenerOperations = []*Operation{
	{
		Product: "Ens", Version: EnsVersion, Name: "DescribeLoadBalancerListeners", Access: "list", Rate: usual,
		Doc: "Lists the listeners of a load balancer.",
		New: input[DescribeLoadBalancerListenersInput], Out: output[DescribeLoadBalancerListenersOutput],
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrLoadBalancerNotFound, ErrInterface, ErrNoPermission, ErrInvalidParameter},
		Example: []Example{
			{"LoadBalancerId", "lb-5s8w63yydi59w7klaikam"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "StartLoadBalancerListener", Access: "update", Rate: usual,
		Doc: "Starts a listener.",
		New: input[StartLoadBalancerListenerInput], Out: output[StartLoadBalancerListenerOutput], ObservedBy: "DescribeLoadBalancerHTTPSListenerAttribute",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrLoadBalancerNotFound, ErrListenerNotFound, ErrTooManyListeners, ErrIncorrectInstanceStatus, ErrInterface, ErrNoPermission, ErrInvalidParameter},
		Example: []Example{
			{"LoadBalancerId", "lb-5s8w63yydi59w7klaikam"},
			{"ListenerPort", "443"},
			{"ListenerProtocol", "https"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "StopLoadBalancerListener", Access: "update", Rate: usual,
		Doc: "Stops a listener. Requests and connections in progress may complete.",
		New: input[StopLoadBalancerListenerInput], Out: output[StopLoadBalancerListenerOutput], Stops: always, ObservedBy: "DescribeLoadBalancerHTTPSListenerAttribute",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrLoadBalancerNotFound, ErrListenerNotFound, ErrTooManyListeners, ErrIncorrectInstanceStatus, ErrInterface, ErrNoPermission, ErrInvalidParameter},
		Example: []Example{
			{"LoadBalancerId", "lb-5s8w63yydi59w7klaikam"},
			{"ListenerPort", "443"},
			{"ListenerProtocol", "https"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "DeleteLoadBalancerListener", Access: "delete", Rate: usual,
		Doc: "Deletes a listener. Requests and connections in progress may complete.",
		New: input[DeleteLoadBalancerListenerInput], Out: output[DeleteLoadBalancerListenerOutput], ObservedBy: "DescribeLoadBalancerHTTPSListenerAttribute",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrLoadBalancerGone, ErrListenerNotFound, ErrTooManyListeners, ErrIncorrectInstanceStatus, ErrInterface, ErrNoPermission, ErrInvalidParameter},
		Example: []Example{
			{"LoadBalancerId", "lb-5s8w63yydi59w7klaikam"},
			{"ListenerPort", "443"},
			{"ListenerProtocol", "https"},
		},
	},
}
