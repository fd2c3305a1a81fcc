package api

import "elbow/internal/elb"

// reservedUDP are the ports that UDP listeners cannot have (documentation of ENS,
// row ListenerPort).
var reservedUDP = []int{250, 4789, 4790}

// udpListener are the common rows of Create and Set of a UDP listener.
func udpListener(l *elb.Listener, again bool) []Param {
	rows := append(describing(l, "sessions", "A client that speaks QUIC stays on its backend server when its address changes. Datagrams of other protocols have no such ID: qch and iqch then hash the source address."),
		eipTransmit(l),
		Param{Name: "EstablishedTimeout", Group: Timeouts, Var: Seconds(&l.EstablishedTimeout, 10, 900), Default: "900", Doc: "How long a session may carry nothing in either direction. After that the next datagram of the client begins a new one."},
	)
	checks := []Param{
		{Name: "HealthCheckReq", Label: "Health check request", Var: Text(&l.Check.Request, 1, 64, lettersDigits), Doc: "What a health check sends. Without it, it is an empty datagram."},
		{Name: "HealthCheckExp", Label: "Health check answer", Var: Text(&l.Check.Expect, 1, 64, lettersDigits), Doc: "What the answer to a health check begins with. Without it no answer is needed: only an ICMP message that nobody listens on the port is a failure."},
	}
	return append(rows, inGroup(HealthChecks, append(checks, transportCheck(&l.Check, "datagrams go", again)...))...)
}

// CreateLoadBalancerUDPListenerInput is a new listener. Its LoadBalancerID is
// set; the server sets Seed, Started and CreateTime.
type CreateLoadBalancerUDPListenerInput struct{ Listener elb.Listener }

// Params lists the rows.
func (in *CreateLoadBalancerUDPListenerInput) Params() []Param {
	l := &in.Listener
	rows := []Param{
		loadBalancerID(&l.LoadBalancerID),
		{Name: "ListenerPort", Var: except(Int(&l.Port, 1, 65535), reservedUDP), Required: true, Doc: "The port that datagrams are received on. 250, 4789 and 4790 are reserved."},
		backendPort(l),
	}
	return append(rows, udpListener(l, false)...)
}

func (in *CreateLoadBalancerUDPListenerInput) complete(map[string]string) error {
	in.Listener.Protocol, in.Listener.Check.On = elb.UDP, true
	return contradiction(in.Listener.Validate())
}

// CreateLoadBalancerUDPListenerOutput is empty.
type CreateLoadBalancerUDPListenerOutput struct{}

// SetLoadBalancerUDPListenerAttributeInput changes a listener.
type SetLoadBalancerUDPListenerAttributeInput struct{ ListenerChange }

// Params lists the rows: those of Create that can be changed.
func (in *SetLoadBalancerUDPListenerAttributeInput) Params() []Param { return in.params(udpListener) }

// Apply changes the stored listener l, or returns an error and leaves it
// unchanged.
func (in *SetLoadBalancerUDPListenerAttributeInput) Apply(l *elb.Listener) error {
	return in.apply(l, udpListener)
}

// SetLoadBalancerUDPListenerAttributeOutput is empty.
type SetLoadBalancerUDPListenerAttributeOutput struct{}

// DescribeLoadBalancerUDPListenerAttributeInput names a listener.
type DescribeLoadBalancerUDPListenerAttributeInput struct{ ListenerName }

// DescribeLoadBalancerUDPListenerAttributeOutput describes a UDP listener
// completely.
type DescribeLoadBalancerUDPListenerAttributeOutput struct {
	BackendServerPort         int
	Bandwidth                 int // Mbit/s; -1 is unlimited
	Description               string
	EipTransmit               string // on or off
	EstablishedTimeout        int    // seconds
	HealthCheck               string // on
	HealthCheckConnectPort    int
	HealthCheckConnectTimeout int // seconds
	HealthCheckExp            string
	HealthCheckInterval       int // seconds
	HealthCheckReq            string
	HealthyThreshold          int
	ListenerPort              int
	Scheduler                 string
	Status                    elb.ListenerState
	UnhealthyThreshold        int

	// The following fields are not in the documentation of ENS.

	LoadBalancerID string `json:"LoadBalancerId"`
	Protocol       elb.Protocol
	StatusReason   string          `json:",omitempty"` // why the listener does not run although it was started
	BackendHealth  []BackendHealth `json:",omitempty"` // as reported by each node that serves the listener
}

// DescribeUDPListener reports the stored listener l.
func DescribeUDPListener(l *elb.Listener, now Condition) DescribeLoadBalancerUDPListenerAttributeOutput {
	return DescribeLoadBalancerUDPListenerAttributeOutput{
		BackendServerPort:         l.BackendPort,
		Bandwidth:                 -1,
		Description:               l.Description,
		EipTransmit:               Switch(l.EipTransmit),
		EstablishedTimeout:        seconds(l.EstablishedTimeout),
		HealthCheck:               Switch(l.Check.On),
		HealthCheckConnectPort:    l.Check.ConnectPort,
		HealthCheckConnectTimeout: seconds(l.Check.Timeout),
		HealthCheckExp:            l.Check.Expect,
		HealthCheckInterval:       seconds(l.Check.Interval),
		HealthCheckReq:            l.Check.Request,
		HealthyThreshold:          l.Check.Rise,
		ListenerPort:              l.Port,
		Scheduler:                 l.Scheduler,
		Status:                    now.State,
		UnhealthyThreshold:        l.Check.Fall,

		LoadBalancerID: l.LoadBalancerID,
		Protocol:       l.Protocol,
		StatusReason:   now.Reason,
		BackendHealth:  now.Backends,
	}
}
