package api

import (
	"cmp"
	"strings"

	"elbow/internal/elb"
)

// eipTransmit is the row of EipTransmit, which TCP and UDP listeners have.
func eipTransmit(l *elb.Listener) Param {
	return Param{Name: "EipTransmit", Label: "EIP pass-through", Var: OnOff(&l.EipTransmit), Default: "off", Doc: "Whether the address of an EIP is passed through. It is stored and reported and has no effect: clients reach a load balancer on the address of its EIP in any case."}
}

// tcpListener are the common rows of Create and Set of a TCP listener.
func tcpListener(l *elb.Listener, again bool) []Param {
	rows := append(describing(l, "connections", "A TCP connection has no such ID: qch and iqch then hash the source address."),
		eipTransmit(l),
		Param{Name: "EstablishedTimeout", Group: Timeouts, Var: Seconds(&l.EstablishedTimeout, 10, 900), Default: "900", Doc: "How long a connection may carry nothing in either direction. After that it is closed."},
		Param{Name: "PersistenceTimeout", Group: Timeouts, Var: Seconds(&l.PersistenceTimeout, 0, 3600), Default: "0", Doc: "The time after the start of its last connection for which a client address is sent to the same backend server. 0: each connection is scheduled independently."},
		Param{Name: "ProxyProtocol", Label: "PROXY protocol", Var: OneOf(&l.ProxyProtocol, elb.ProxyProtocols...), Default: elb.ProxyOff, Doc: "Whether the backend servers are told the addresses of the client first. v2: each connection to a backend server begins with the binary header of the PROXY protocol, version 2. Not in the documents of ENS."},
	)
	return append(rows, tcpCheck(&l.Check, again)...)
}

// tcpCheck are the rows of a TCP listener's health checks. See listenerRows for
// again.
func tcpCheck(h *elb.HealthCheck, again bool) []Param {
	http := []Cond{{"HealthCheckType", elb.CheckHTTP}}
	rows := []Param{
		{Name: "HealthCheckType", Var: OneOf(&h.Type, elb.CheckTCP, elb.CheckHTTP), Default: elb.CheckTCP, Doc: "How backend servers are health-checked. tcp: a connection is opened and closed again. http: a request with the method HEAD is sent."},
		checkDomain(h, http),
		{Name: "HealthCheckURI", Var: checkURI(h, true), When: http, Doc: "The URI that a health check asks for. Without one it is /."},
		checkCodes(h, http),
	}
	return inGroup(HealthChecks, append(rows, transportCheck(h, "connections go", again)...))
}

// transportCheck are the common rows of the health checks of TCP and UDP
// listeners. See checkTiming for to.
func transportCheck(h *elb.HealthCheck, to string, again bool) []Param {
	return checkTiming(h, Param{Name: "HealthCheckConnectTimeout", Label: "Health check timeout"}, to, again)
}

// CreateLoadBalancerTCPListenerInput is a new listener. Its LoadBalancerID is
// set; the server sets Seed, Started and CreateTime.
type CreateLoadBalancerTCPListenerInput struct {
	Listener    elb.Listener
	ClientToken string
}

// Params lists the rows.
func (in *CreateLoadBalancerTCPListenerInput) Params() []Param {
	l := &in.Listener
	rows := []Param{
		loadBalancerID(&l.LoadBalancerID),
		{Name: "ListenerPort", Var: Int(&l.Port, 1, 65535), Required: true, Names: listenerKind, New: true, Doc: "The port that connections are received on."},
		backendPort(l),
		clientToken(&in.ClientToken),
	}
	return append(rows, tcpListener(l, false)...)
}

func (in *CreateLoadBalancerTCPListenerInput) complete(map[string]string) error {
	in.Listener.Protocol, in.Listener.Check.On, in.Listener.Check.Method = elb.TCP, true, "head"
	return contradiction(in.Listener.Validate())
}

// CreateLoadBalancerTCPListenerOutput is empty.
type CreateLoadBalancerTCPListenerOutput struct{}

// SetLoadBalancerTCPListenerAttributeInput changes a listener.
type SetLoadBalancerTCPListenerAttributeInput struct{ ListenerChange }

// Params lists the rows: those of Create that can be changed.
func (in *SetLoadBalancerTCPListenerAttributeInput) Params() []Param { return in.params(tcpListener) }

// Apply changes the stored listener l, or returns an error and leaves it
// unchanged.
func (in *SetLoadBalancerTCPListenerAttributeInput) Apply(l *elb.Listener) error {
	return in.apply(l, tcpListener)
}

// SetLoadBalancerTCPListenerAttributeOutput is empty.
type SetLoadBalancerTCPListenerAttributeOutput struct{}

// DescribeLoadBalancerTCPListenerAttributeInput names a listener.
type DescribeLoadBalancerTCPListenerAttributeInput struct{ ListenerName }

// DescribeLoadBalancerTCPListenerAttributeOutput describes a TCP listener
// completely.
type DescribeLoadBalancerTCPListenerAttributeOutput struct {
	BackendServerPort         int
	Bandwidth                 int // Mbit/s; -1 is unlimited
	Description               string
	EipTransmit               string // on or off
	EstablishedTimeout        int    // seconds
	HealthCheck               string // on
	HealthCheckConnectPort    int
	HealthCheckConnectTimeout int // seconds
	HealthCheckDomain         string
	HealthCheckHTTPCode       string `json:"HealthCheckHttpCode"`
	HealthCheckInterval       int    // seconds
	HealthCheckType           string // tcp or http
	HealthCheckURI            string
	HealthyThreshold          int
	ListenerPort              int
	PersistenceTimeout        int // seconds
	Scheduler                 string
	Status                    elb.ListenerState
	UnhealthyThreshold        int

	// The following fields are not in the documentation of ENS.

	LoadBalancerID string `json:"LoadBalancerId"`
	Protocol       elb.Protocol
	ProxyProtocol  string          // off or v2
	StatusReason   string          `json:",omitempty"` // why the listener does not run although it was started
	BackendHealth  []BackendHealth `json:",omitempty"` // as reported by each node that serves the listener
}

// DescribeTCPListener reports the stored listener l.
func DescribeTCPListener(l *elb.Listener, now Condition) DescribeLoadBalancerTCPListenerAttributeOutput {
	return DescribeLoadBalancerTCPListenerAttributeOutput{
		BackendServerPort:         l.BackendPort,
		Bandwidth:                 -1,
		Description:               l.Description,
		EipTransmit:               Switch(l.EipTransmit),
		EstablishedTimeout:        seconds(l.EstablishedTimeout),
		HealthCheck:               Switch(l.Check.On),
		HealthCheckConnectPort:    l.Check.ConnectPort,
		HealthCheckConnectTimeout: seconds(l.Check.Timeout),
		HealthCheckDomain:         l.Check.Domain,
		HealthCheckHTTPCode:       strings.Join(l.Check.HTTPCodes, ","),
		HealthCheckInterval:       seconds(l.Check.Interval),
		HealthCheckType:           l.Check.Type,
		HealthCheckURI:            l.Check.URI,
		HealthyThreshold:          l.Check.Rise,
		ListenerPort:              l.Port,
		PersistenceTimeout:        seconds(l.PersistenceTimeout),
		Scheduler:                 l.Scheduler,
		Status:                    now.State,
		UnhealthyThreshold:        l.Check.Fall,

		LoadBalancerID: l.LoadBalancerID,
		Protocol:       l.Protocol,
		ProxyProtocol:  cmp.Or(l.ProxyProtocol, elb.ProxyOff),
		StatusReason:   now.Reason,
		BackendHealth:  now.Backends,
	}
}
