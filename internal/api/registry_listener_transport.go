package api

// tcpOperations are the operations on TCP listeners.
var tcpOperations = []*Operation{
	{
		Product: "Ens", Version: EnsVersion, Name: "CreateLoadBalancerTCPListener", Access: "create", Rate: usual,
		Doc: "Creates a TCP listener. It is stopped until StartLoadBalancerListener.",
		New: input[CreateLoadBalancerTCPListenerInput], Out: output[CreateLoadBalancerTCPListenerOutput], ObservedBy: "DescribeLoadBalancerTCPListenerAttribute",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrLoadBalancerNotFound, ErrIncorrectInstanceStatus, ErrIdempotentMismatch, ErrInterface, ErrListenerAlreadyExists, ErrNoPermission, ErrInvalidParameter},
		Example: []Example{
			{"LoadBalancerId", "lb-5s8w63yydi59w7klaikam"},
			{"ListenerPort", "8080"},
			{"BackendServerPort", "8080"},
			{"Description", "Listener description"},
			{"Scheduler", "wrr"},
			{"EipTransmit", "off"},
			{"EstablishedTimeout", "500"},
			{"PersistenceTimeout", "100"},
			{"HealthCheckType", "http"},
			{"HealthCheckDomain", "example.com"},
			{"HealthCheckURI", "/checkpreload.htm"},
			{"HealthCheckHttpCode", "http_2xx"},
			{"HealthyThreshold", "3"},
			{"UnhealthyThreshold", "3"},
			{"HealthCheckConnectTimeout", "5"},
			{"HealthCheckConnectPort", "8080"},
			{"HealthCheckInterval", "2"},
			{"ClientToken", "5A2CFF0E-5718-45B5-9D4D-70B3FF3898"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "SetLoadBalancerTCPListenerAttribute", Access: "update", Rate: usual,
		Doc: "Changes a TCP listener. A parameter that is absent stays as it is; an empty Description clears it. Open connections are kept.",
		New: input[SetLoadBalancerTCPListenerAttributeInput], Out: output[SetLoadBalancerTCPListenerAttributeOutput], ObservedBy: "DescribeLoadBalancerTCPListenerAttribute",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrLoadBalancerNotFound, ErrListenerNotFound, ErrIncorrectInstanceStatus, ErrInterface, ErrNoPermission, ErrInvalidParameter},
		Example: []Example{
			{"LoadBalancerId", "lb-5s8w63yydi59w7klaikam"},
			{"ListenerPort", "8080"},
			{"Scheduler", "wlc"},
			{"EstablishedTimeout", "30"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "DescribeLoadBalancerTCPListenerAttribute", Access: "get", Rate: usual,
		Doc: "Describes a TCP listener.",
		New: input[DescribeLoadBalancerTCPListenerAttributeInput], Out: output[DescribeLoadBalancerTCPListenerAttributeOutput],
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrLoadBalancerGone, ErrListenerNotFound, ErrInterface, ErrNoPermission, ErrInvalidParameter},
		Example: []Example{
			{"LoadBalancerId", "lb-5s8w63yydi59w7klaikam"},
			{"ListenerPort", "8080"},
		},
	},
}

// udpOperations are the operations on UDP listeners.
var udpOperations = []*Operation{
	{
		Product: "Ens", Version: EnsVersion, Name: "CreateLoadBalancerUDPListener", Access: "create", Rate: usual,
		Doc: "Creates a UDP listener. It is stopped until StartLoadBalancerListener.",
		New: input[CreateLoadBalancerUDPListenerInput], Out: output[CreateLoadBalancerUDPListenerOutput], ObservedBy: "DescribeLoadBalancerUDPListenerAttribute",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrLoadBalancerNotFound, ErrIncorrectInstanceStatus, ErrInterface, ErrListenerAlreadyExists, ErrNoPermission, ErrInvalidParameter},
		Example: []Example{
			{"LoadBalancerId", "lb-5s8w63yydi59w7klaikam"},
			{"ListenerPort", "53"},
			{"BackendServerPort", "53"},
			{"Description", "Listener description"},
			{"Scheduler", "wrr"},
			{"EipTransmit", "off"},
			{"EstablishedTimeout", "500"},
			{"HealthCheckReq", "hello"},
			{"HealthCheckExp", "ok"},
			{"HealthyThreshold", "3"},
			{"UnhealthyThreshold", "3"},
			{"HealthCheckConnectTimeout", "5"},
			{"HealthCheckConnectPort", "8080"},
			{"HealthCheckInterval", "2"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "SetLoadBalancerUDPListenerAttribute", Access: "update", Rate: usual,
		Doc: "Changes a UDP listener. A parameter that is absent stays as it is; an empty Description clears it. Sessions are kept.",
		New: input[SetLoadBalancerUDPListenerAttributeInput], Out: output[SetLoadBalancerUDPListenerAttributeOutput], ObservedBy: "DescribeLoadBalancerUDPListenerAttribute",
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrLoadBalancerNotFound, ErrListenerNotFound, ErrIncorrectInstanceStatus, ErrInterface, ErrNoPermission, ErrInvalidParameter},
		Example: []Example{
			{"LoadBalancerId", "lb-5s8w63yydi59w7klaikam"},
			{"ListenerPort", "53"},
			{"Scheduler", "wlc"},
			{"EstablishedTimeout", "30"},
		},
	},
	{
		Product: "Ens", Version: EnsVersion, Name: "DescribeLoadBalancerUDPListenerAttribute", Access: "get", Rate: usual,
		Doc: "Describes a UDP listener.",
		New: input[DescribeLoadBalancerUDPListenerAttributeInput], Out: output[DescribeLoadBalancerUDPListenerAttributeOutput],
		Errors: []ErrorID{ErrInvalid, ErrMissing, ErrLoadBalancerGone, ErrListenerNotFound, ErrInterface, ErrNoPermission, ErrInvalidParameter},
		Example: []Example{
			{"LoadBalancerId", "lb-5s8w63yydi59w7klaikam"},
			{"ListenerPort", "53"},
		},
	},
}
