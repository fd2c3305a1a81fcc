package api

import "elbow/internal/elb"

// ListenerKey identifies a listener in a call.
type ListenerKey struct {
	LoadBalancerID string
	Port           int
	Protocol       elb.Protocol // "": the only listener on the port
}

func (k *ListenerKey) rows() []Param {
	return []Param{
		loadBalancerID(&k.LoadBalancerID),
		listenerPort(&k.Port),
		{Name: "ListenerProtocol", Var: OneOf(&k.Protocol, protocols...), Doc: "The protocol of the listener. Needed only where listeners of several protocols share the port."},
	}
}

// StartLoadBalancerListenerInput names the listener to start.
type StartLoadBalancerListenerInput struct{ ListenerKey }

// Params lists the rows.
func (in *StartLoadBalancerListenerInput) Params() []Param { return in.rows() }

// StartLoadBalancerListenerOutput is empty.
type StartLoadBalancerListenerOutput struct{}

// StopLoadBalancerListenerInput names the listener to stop.
type StopLoadBalancerListenerInput struct{ ListenerKey }

// Params lists the rows.
func (in *StopLoadBalancerListenerInput) Params() []Param { return in.rows() }

// StopLoadBalancerListenerOutput is empty.
type StopLoadBalancerListenerOutput struct{}

// DeleteLoadBalancerListenerInput names the listener to delete.
type DeleteLoadBalancerListenerInput struct{ ListenerKey }

// Params lists the rows.
func (in *DeleteLoadBalancerListenerInput) Params() []Param { return in.rows() }

// DeleteLoadBalancerListenerOutput is empty.
type DeleteLoadBalancerListenerOutput struct{}

// DescribeLoadBalancerListenersInput filters the listeners of a load balancer.
type DescribeLoadBalancerListenersInput struct {
	LoadBalancerID string
	Description    string
	Port           int // 0: any
	PageNumber     int
	PageSize       int
}

// Params lists the rows.
func (in *DescribeLoadBalancerListenersInput) Params() []Param {
	return []Param{
		loadBalancerID(&in.LoadBalancerID),
		{Name: "Description", Var: Text(&in.Description, 1, 80), Doc: "The description of listeners."},
		{Name: "ListenerPort", Var: Int(&in.Port, 1, 65535), Names: listenerKind, Doc: "The port of a listener."},
		pageNumber(&in.PageNumber), nextPage(&in.PageNumber),
		pageSize(&in.PageSize, 1, 100),
	}
}

// DescribeLoadBalancerListenersOutput is one page of listeners.
type DescribeLoadBalancerListenersOutput struct {
	Listeners Listeners
	Page
}

// Listeners wraps the list as the wire does.
type Listeners struct {
	Listener Array[Listener]
}

// A Listener is an entry of the list. Its ports are texts, its status is in
// lower case (decisions, Other operations 1).
type Listener struct {
	LoadBalancerID    string `json:"LoadBalancerId"`
	ListenerPort      string // decimal
	Protocol          elb.Protocol
	Description       string
	Status            string // running, stopped, …
	StatusReason      string `json:",omitempty"` // why it does not run although it was started; not in the documentation of ENS
	ListenerForward   string // on or off
	ForwardPort       string // decimal
	CreateTime        string // 2022-08-15T08:42:57Z
	BackendServerPort int
}
