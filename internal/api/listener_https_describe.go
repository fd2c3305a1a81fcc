package api

import (
	"cmp"
	"strings"

	"elbow/internal/elb"
)

// DescribeLoadBalancerHTTPSListenerAttributeInput names a listener.
type DescribeLoadBalancerHTTPSListenerAttributeInput struct{ ListenerName }

// DescribeLoadBalancerHTTPSListenerAttributeOutput describes an HTTPS listener
// completely. The fields of the health check are present only while it is on,
// except HealthCheckConnectPort.
type DescribeLoadBalancerHTTPSListenerAttributeOutput struct {
	BackendServerPort      int
	Bandwidth              int // Mbit/s; -1 is unlimited
	Cookie                 string
	CookieTimeout          int // seconds
	Description            string
	ForwardPort            int
	HealthCheck            string // on or off
	HealthCheckConnectPort int
	HealthCheckDomain      string `json:",omitempty"`
	HealthCheckHTTPCode    string `json:"HealthCheckHttpCode,omitempty"`
	HealthCheckInterval    int    `json:",omitempty"` // seconds
	HealthCheckMethod      string `json:",omitempty"`
	HealthCheckTimeout     int    `json:",omitempty"` // seconds
	HealthCheckURI         string `json:",omitempty"`
	HealthyThreshold       int    `json:",omitempty"`
	IdleTimeout            int    // seconds
	ListenerForward        string // on or off
	ListenerPort           int
	RequestTimeout         int // seconds
	Scheduler              string
	ServerCertificateID    string `json:"ServerCertificateId"`
	Status                 elb.ListenerState
	StickySession          string // on or off
	StickySessionType      string
	UnhealthyThreshold     int `json:",omitempty"`

	// The following fields are not in the documentation of ENS.

	StatusReason          string          `json:",omitempty"` // why the listener does not run although it was started
	BackendServerProtocol string          // auto, http1 or h2c
	StickySessionSameSite string          // absent, none, lax or strict
	BackendHealth         []BackendHealth `json:",omitempty"` // as reported by each node that serves the listener
}

// A BackendHealth is the health check result of one backend.
type BackendHealth struct {
	ServerID     string `json:"ServerId"`
	Address      string // IP:port that requests go to
	HealthStatus string // unknown, healthy, unhealthy, or unchecked if checks are off
	Reason       string `json:",omitempty"` // of the last failed check
}

// A Condition is the state of a listener as reported by the nodes.
type Condition struct {
	State    elb.ListenerState
	Reason   string // why it does not run although it was started
	Backends []BackendHealth
}

// DescribeHTTPSListener reports the stored listener l.
func DescribeHTTPSListener(l *elb.Listener, now Condition) DescribeLoadBalancerHTTPSListenerAttributeOutput {
	out := DescribeLoadBalancerHTTPSListenerAttributeOutput{
		BackendServerPort:      l.BackendPort,
		BackendServerProtocol:  cmp.Or(l.BackendProtocol, elb.BackendAuto),
		Bandwidth:              -1,
		Cookie:                 l.Sticky.Cookie,
		CookieTimeout:          seconds(l.Sticky.CookieTimeout),
		Description:            l.Description,
		ForwardPort:            l.ForwardPort,
		HealthCheck:            Switch(l.Check.On),
		HealthCheckConnectPort: l.Check.ConnectPort,
		IdleTimeout:            seconds(l.IdleTimeout),
		ListenerForward:        Switch(l.Forward),
		ListenerPort:           l.Port,
		RequestTimeout:         seconds(l.RequestTimeout),
		Scheduler:              l.Scheduler,
		ServerCertificateID:    l.CertificateID,
		Status:                 now.State,
		StatusReason:           now.Reason,
		BackendHealth:          now.Backends,
		StickySession:          Switch(l.Sticky.On),
		StickySessionSameSite:  cmp.Or(l.Sticky.SameSite, elb.SameSiteAbsent),
		StickySessionType:      l.Sticky.Type,
	}
	if h := l.Check; h.On {
		out.HealthCheckDomain = h.Domain
		out.HealthCheckHTTPCode = strings.Join(h.HTTPCodes, ",")
		out.HealthCheckInterval = seconds(h.Interval)
		out.HealthCheckMethod = h.Method
		out.HealthCheckTimeout = seconds(h.Timeout)
		out.HealthCheckURI = h.URI
		out.HealthyThreshold = h.Rise
		out.UnhealthyThreshold = h.Fall
	}
	return out
}
