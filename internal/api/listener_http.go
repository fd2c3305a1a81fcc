package api

import (
	"strings"

	"elbow/internal/elb"
)

// plainListener are the common rows of Create and Set of an HTTP listener.
func plainListener(l *elb.Listener, again bool) []Param {
	rows := append(httpListener(l), Param{Name: "XForwardedFor", Label: "X-Forwarded-For", Var: OnOff(&l.ForwardedFor), Default: "off", Doc: "Whether the address of the client is added to the header X-Forwarded-For. If off, that header goes to the backend server as the client has sent it."})
	rows = append(rows, sticky(&l.Sticky)...)
	return append(rows, healthCheck(&l.Check, again, true)...)
}

// CreateLoadBalancerHTTPListenerInput is a new listener. Its LoadBalancerID is
// set; the server sets Seed, Started and CreateTime.
type CreateLoadBalancerHTTPListenerInput struct{ Listener elb.Listener }

// Params lists the rows.
func (in *CreateLoadBalancerHTTPListenerInput) Params() []Param {
	l := &in.Listener
	rows := []Param{
		loadBalancerID(&l.LoadBalancerID),
		{Name: "ListenerPort", Var: Int(&l.Port, 1, 65535), Required: true, Names: listenerKind, New: true, Doc: "The port that requests are received on. 80 is recommended for HTTP."},
		{Name: "ListenerForward", Label: "Redirect", Group: ToHTTPS, Var: OnOff(&l.Forward), Default: "off", Doc: "Whether requests are redirected to HTTPS: if on, every request is answered with a redirect to the HTTPS listener on ForwardPort, and none goes to a backend server."},
		{Name: "ForwardPort", Group: ToHTTPS, Var: Int(&l.ForwardPort, 0, 65535), Required: true, When: []Cond{{"ListenerForward", "on"}}, Doc: "The port of the HTTPS listener of the same load balancer that requests are redirected to. While ListenerForward is on there must be one."},
		backendPort(l),
	}
	return append(rows, plainListener(l, false)...)
}

func (in *CreateLoadBalancerHTTPListenerInput) complete(map[string]string) error {
	in.Listener.Protocol = elb.HTTP
	return contradiction(in.Listener.Validate())
}

// CreateLoadBalancerHTTPListenerOutput is empty.
type CreateLoadBalancerHTTPListenerOutput struct{}

// SetLoadBalancerHTTPListenerAttributeInput changes a listener.
type SetLoadBalancerHTTPListenerAttributeInput struct{ ListenerChange }

// Params lists the rows: those of Create that can be changed.
func (in *SetLoadBalancerHTTPListenerAttributeInput) Params() []Param {
	return in.params(plainListener)
}

// Apply changes the stored listener l, or returns an error and leaves it
// unchanged.
func (in *SetLoadBalancerHTTPListenerAttributeInput) Apply(l *elb.Listener) error {
	return in.apply(l, plainListener)
}

// SetLoadBalancerHTTPListenerAttributeOutput is empty.
type SetLoadBalancerHTTPListenerAttributeOutput struct{}

// DescribeLoadBalancerHTTPListenerAttributeInput names a listener.
type DescribeLoadBalancerHTTPListenerAttributeInput struct{ ListenerName }

// DescribeLoadBalancerHTTPListenerAttributeOutput describes an HTTP listener
// completely: the fields of an HTTPS listener, with an empty ServerCertificateId,
// and XForwardedFor.
type DescribeLoadBalancerHTTPListenerAttributeOutput struct {
	DescribeLoadBalancerHTTPSListenerAttributeOutput
	XForwardedFor string // on or off
}

// DescribeHTTPListener reports the stored listener l. Its status is in lower case (decisions,
// Other operations 1).
func DescribeHTTPListener(l *elb.Listener, now Condition) DescribeLoadBalancerHTTPListenerAttributeOutput {
	now.State = elb.ListenerState(strings.ToLower(string(now.State)))
	return DescribeLoadBalancerHTTPListenerAttributeOutput{DescribeHTTPSListener(l, now), Switch(l.ForwardedFor)}
}

// DeleteLoadBalancerHTTPListenerInput names the listener to delete.
type DeleteLoadBalancerHTTPListenerInput struct{ ListenerName }

// DeleteLoadBalancerHTTPListenerOutput is empty.
type DeleteLoadBalancerHTTPListenerOutput struct{}
