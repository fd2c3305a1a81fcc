package api

import (
	"time"

	"elbow/internal/elb"
)

// A Span is the time range of a monitor operation: the minutes that begin at
// Start or later and before End.
type Span struct{ Start, End time.Time }

func (s *Span) rows(limit string) []Param {
	return []Param{
		{Name: "StartTime", Var: Moment(&s.Start), Required: true, Doc: "The beginning of the time range."},
		{Name: "EndTime", Var: Moment(&s.End), Required: true, Doc: "The end of the time range, later than StartTime by at most " + limit + "."},
	}
}

var protocols = []elb.Protocol{elb.TCP, elb.UDP, elb.HTTP, elb.HTTPS}

// DescribeLoadBalancerListenMonitorInput requests the connections of a listener.
type DescribeLoadBalancerListenMonitorInput struct {
	LoadBalancerID string
	Span
	Port     int
	Protocol elb.Protocol // "": any
}

// Params lists the rows.
func (in *DescribeLoadBalancerListenMonitorInput) Params() []Param {
	return append([]Param{
		loadBalancerID(&in.LoadBalancerID),
		{Name: "VPort", Var: Int(&in.Port, 1, 65535), Names: listenerKind, Required: true, Doc: "The port of the listener."},
		{Name: "Proto", Var: OneOf(&in.Protocol, protocols...), Doc: "The protocol of the listener."},
	}, in.rows("7 days")...)
}

// DescribeLoadBalancerListenMonitorOutput lists minutes.
type DescribeLoadBalancerListenMonitorOutput struct {
	LoadBalancerMonitorListenData Array[ListenMinute]
}

// A ListenMinute has the counters of one listener for one minute, as decimal
// strings. The packet counters InPkts and OutPkts of ENS are left out, because a
// proxy does not see packets. A proxy drops neither bytes nor packets, so the
// counters of dropped ones are 0.
type ListenMinute struct {
	LoadBalancerID string `json:"LoadBalancerId"`
	EnsRegionID    string `json:"EnsRegionId"`
	Vip            string
	Vni            string // there are no tunnels: 0
	VPort          string
	Proto          elb.Protocol
	BizTime        string // start of the minute

	Conns      string // accepted
	ActConns   string // with an exchange in flight, at the end of the minute
	InActConns string // other open connections
	DropConns  string // over a limit

	InBytes, OutBytes         string
	InDropBytes, OutDropBytes string
	InDropPkts, OutDropPkts   string

	ValidRsNum, InValidRsNum string // backend servers found healthy, or without health checks, and the others
}

// DescribeServerLoadBalancerListenMonitorInput requests the requests of
// listeners.
type DescribeServerLoadBalancerListenMonitorInput struct {
	LoadBalancerID string
	Span
	Port     int          // 0: all
	Protocol elb.Protocol // "": all
}

// Params lists the rows.
func (in *DescribeServerLoadBalancerListenMonitorInput) Params() []Param {
	return append([]Param{
		loadBalancerID(&in.LoadBalancerID),
		{Name: "VPort", Var: Int(&in.Port, 1, 65535), Names: listenerKind, Doc: "The port of the listener; without one there is an entry a minute for each listener."},
		{Name: "Proto", Var: OneOf(&in.Protocol, protocols...), Doc: "The protocol of the listeners."},
	}, in.rows("24 hours")...)
}

// DescribeServerLoadBalancerListenMonitorOutput lists minutes.
type DescribeServerLoadBalancerListenMonitorOutput struct {
	ServerLoadBalancerMonitorData Array[ListenerMinute]
}

// A ListenerMinute is the requests of a listener in a minute.
type ListenerMinute struct {
	ServerMinute
	Proto elb.Protocol
	Vport int
}

// A ServerMinute is the requests of a load balancer in a minute.
type ServerMinute struct {
	LoadBalancerID   string `json:"LoadBalancerId"`
	LoadBalancerName string
	LoadBalancerSpec string
	EnsRegionID      string `json:"EnsRegionId"`
	Vip              string
	Vni              int    // there are no tunnels: 0
	BizTime          string // start of the minute

	Acc     int64 // all requests
	Reqs2xx int64
	Reqs3xx int64
	Reqs4xx int64
	Reqs5xx int64
	RtAvg   int64 // milliseconds, from a request to the end of its answer, on average
}

// DescribeServerLoadBalancerMonitorInput requests the requests of a load
// balancer.
type DescribeServerLoadBalancerMonitorInput struct {
	LoadBalancerID string
	Span
}

// Params lists the rows.
func (in *DescribeServerLoadBalancerMonitorInput) Params() []Param {
	return append([]Param{
		loadBalancerID(&in.LoadBalancerID),
	}, in.rows("24 hours")...)
}

// DescribeServerLoadBalancerMonitorOutput lists minutes.
type DescribeServerLoadBalancerMonitorOutput struct {
	ServerLoadBalancerMonitorData Array[ServerMinute]
}
