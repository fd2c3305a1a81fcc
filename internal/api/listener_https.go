package api

import "elbow/internal/elb"

// httpsListener are the common rows of Create and Set.
func httpsListener(l *elb.Listener, again bool) []Param {
	rows := append(httpListener(l), Param{Name: "ServerCertificateId", Label: "Certificate", Var: ID(&l.CertificateID), Required: true, Names: serverCertificateKind, Doc: "The ID of the server certificate: the CertId that UploadUserCertificate answered. Or several, separated by commas: each client gets one whose name and signature fit it."})
	rows = append(rows, sticky(&l.Sticky)...)
	return append(rows, healthCheck(&l.Check, again, false)...)
}

// CreateLoadBalancerHTTPSListenerInput is a new listener. Its LoadBalancerID is
// set; the server sets Seed, Started and CreateTime.
type CreateLoadBalancerHTTPSListenerInput struct{ Listener elb.Listener }

// Params lists the rows.
func (in *CreateLoadBalancerHTTPSListenerInput) Params() []Param {
	l := &in.Listener
	rows := []Param{
		loadBalancerID(&l.LoadBalancerID),
		{Name: "ListenerPort", Var: Int(&l.Port, 1, 65535), Required: true, Names: listenerKind, New: true, Doc: "The port that requests are received on. 443 is recommended for HTTPS."},
		{Name: "ListenerForward", Label: "Redirect", Group: PlainHTTP, Var: OnOff(&l.Forward), Default: "off", Doc: "Whether plain HTTP is redirected to HTTPS: if on, the load balancer also listens on ForwardPort and answers every request there with a redirect to this listener."},
		{Name: "ForwardPort", Group: PlainHTTP, Var: Int(&l.ForwardPort, 0, 65535), Required: true, When: []Cond{{"ListenerForward", "on"}}, Doc: "The port whose HTTP requests are redirected to HTTPS. It must not be 0 or the port of a listener while ListenerForward is on."},
		backendPort(l),
	}
	return append(rows, httpsListener(l, false)...)
}

func (in *CreateLoadBalancerHTTPSListenerInput) complete(map[string]string) error {
	in.Listener.Protocol = elb.HTTPS
	return contradiction(in.Listener.Validate())
}

// CreateLoadBalancerHTTPSListenerOutput is empty.
type CreateLoadBalancerHTTPSListenerOutput struct{}

// SetLoadBalancerHTTPSListenerAttributeInput changes a listener.
type SetLoadBalancerHTTPSListenerAttributeInput struct{ ListenerChange }

// Params lists the rows: those of Create that can be changed.
func (in *SetLoadBalancerHTTPSListenerAttributeInput) Params() []Param {
	return in.params(httpsListener)
}

// Apply changes the stored listener l, or returns an error and leaves it
// unchanged.
func (in *SetLoadBalancerHTTPSListenerAttributeInput) Apply(l *elb.Listener) error {
	return in.apply(l, httpsListener)
}

// SetLoadBalancerHTTPSListenerAttributeOutput is empty.
type SetLoadBalancerHTTPSListenerAttributeOutput struct{}
