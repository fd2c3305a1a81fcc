package control

import (
	"context"
	"strconv"
	"time"

	"elbow/internal/api"
	"elbow/internal/elb"
	"elbow/internal/history"
	"elbow/internal/store"
)

// The longest time ranges: those of the API documentation, or else what the
// history keeps.
const (
	maxServerSpan = 24 * time.Hour
	maxListenSpan = history.Retention
)

// monitorAPI has the operations of the monitoring.
type monitorAPI struct {
	shared
	history *history.Store // nil: none
}

// DescribeLoadBalancerListenMonitor reports the connections of a listener.
func (s *monitorAPI) DescribeLoadBalancerListenMonitor(ctx context.Context, in *api.DescribeLoadBalancerListenMonitorInput) (out api.DescribeLoadBalancerListenMonitorOutput, err error) {
	lb, samples, err := s.listenerSamples(ctx, in.LoadBalancerID, in.Port, in.Protocol, in.Span, maxListenSpan)
	for i := range samples {
		out.LoadBalancerMonitorListenData = append(out.LoadBalancerMonitorListenData, listenMinute(lb, &samples[i]))
	}
	return out, err
}

func listenMinute(lb *monitored, one *history.Sample) api.ListenMinute {
	text := func(n uint64) string { return strconv.FormatUint(n, 10) }
	return api.ListenMinute{
		LoadBalancerID: lb.ID, EnsRegionID: lb.RegionID, Vip: lb.Address.String(), Vni: "0",
		VPort: strconv.Itoa(one.Port % history.UDP), Proto: lb.protocols[one.Port], BizTime: api.BizTime(one.Time()),
		Conns: text(one.Accepted), ActConns: text(one.Active), InActConns: text(one.Open - min(one.Open, one.Active)), DropConns: text(one.Dropped),
		InBytes: text(one.BytesIn), OutBytes: text(one.BytesOut),
		InDropBytes: "0", OutDropBytes: "0", InDropPkts: "0", OutDropPkts: "0",
		ValidRsNum: text(one.Healthy), InValidRsNum: text(one.Unhealthy),
	}
}

// DescribeServerLoadBalancerListenMonitor reports the requests of listeners.
func (s *monitorAPI) DescribeServerLoadBalancerListenMonitor(ctx context.Context, in *api.DescribeServerLoadBalancerListenMonitorInput) (out api.DescribeServerLoadBalancerListenMonitorOutput, err error) {
	lb, samples, err := s.listenerSamples(ctx, in.LoadBalancerID, in.Port, in.Protocol, in.Span, maxServerSpan)
	for i := range samples {
		one := &samples[i]
		out.ServerLoadBalancerMonitorData = append(out.ServerLoadBalancerMonitorData, api.ListenerMinute{
			ServerMinute: serverMinute(lb, one), Proto: lb.protocols[one.Port], Vport: one.Port % history.UDP,
		})
	}
	return out, err
}

// DescribeServerLoadBalancerMonitor reports the requests of a load balancer.
func (s *monitorAPI) DescribeServerLoadBalancerMonitor(ctx context.Context, in *api.DescribeServerLoadBalancerMonitorInput) (out api.DescribeServerLoadBalancerMonitorOutput, err error) {
	from, to, err := s.minutesOf(in.Span, maxServerSpan)
	if err != nil {
		return out, err
	}
	lb, err := s.monitored(ctx, in.LoadBalancerID)
	if err != nil || s.history == nil {
		return out, err
	}
	samples, err := s.history.Steps(lb.ID, from, to, 1)
	for i := range samples {
		out.ServerLoadBalancerMonitorData = append(out.ServerLoadBalancerMonitorData, serverMinute(lb, &samples[i]))
	}
	return out, err
}

func serverMinute(lb *monitored, one *history.Sample) api.ServerMinute {
	average := int64(0)
	if n := one.Times.Count(); n > 0 {
		average = (one.Times.Sum / time.Duration(n)).Milliseconds()
	}
	return api.ServerMinute{
		LoadBalancerID: lb.ID, LoadBalancerName: lb.Name, LoadBalancerSpec: lb.Spec, EnsRegionID: lb.RegionID,
		Vip: lb.Address.String(), BizTime: api.BizTime(one.Time()), Acc: int64(one.Requests()), RtAvg: average,
		Reqs2xx: int64(one.ByClass[1]), Reqs3xx: int64(one.ByClass[2]), Reqs4xx: int64(one.ByClass[3]), Reqs5xx: int64(one.ByClass[4]),
	}
}

// monitored is a load balancer and the protocols of its listeners.
type monitored struct {
	elb.LoadBalancer
	protocols map[int]elb.Protocol // by the Port of samples
}

func (s *monitorAPI) monitored(ctx context.Context, id string) (*monitored, error) {
	found := &monitored{protocols: make(map[int]elb.Protocol)}
	return found, s.store.View(ctx, func(r *store.Reader) (err error) {
		lb, there := store.LoadBalancers.Get(r, id)
		if !there {
			return api.LoadBalancerNotFound()
		}
		found.LoadBalancer = lb
		for _, l := range store.Listeners.Of(r, id) {
			port := l.Port
			if l.Protocol.UsesUDP() {
				port += history.UDP
			}
			found.protocols[port] = l.Protocol
		}
		return nil
	})
}

// listenerSamples returns the samples of the listener on a port, or of all for 0,
// restricted to a protocol unless that is "".
func (s *monitorAPI) listenerSamples(ctx context.Context, id string, port int, protocol elb.Protocol, span api.Span, longest time.Duration) (*monitored, []history.Sample, error) {
	from, to, err := s.minutesOf(span, longest)
	if err != nil {
		return nil, nil, err
	}
	lb, err := s.monitored(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	wanted := func(n int) bool {
		speaks, there := lb.protocols[n]
		return there && (port == 0 || port == n%history.UDP) && (protocol == "" || protocol == speaks)
	}
	if port != 0 && !wanted(port) && !wanted(port+history.UDP) {
		return nil, nil, api.ListenerNotFound()
	}
	if s.history == nil {
		return lb, nil, nil
	}
	samples, err := s.history.Minutes(id, from, to, wanted)
	return lb, samples, err
}

// minutesOf are the minutes that begin in a span and have ended by now, the last
// excluded.
func (s *monitorAPI) minutesOf(span api.Span, longest time.Duration) (from, to int64, err error) {
	begins := func(t time.Time) int64 { return t.Add(time.Minute-time.Second).Unix() / 60 } // parameters have whole seconds
	e := api.InvalidField("EndTime")
	switch {
	case !span.End.After(span.Start):
		e.Reason = "EndTime must be later than StartTime"
		return 0, 0, e
	case span.End.Sub(span.Start) > longest:
		e.Reason = "EndTime may be at most " + strconv.Itoa(int(longest.Hours())) + " hours later than StartTime"
		return 0, 0, e
	}
	return begins(span.Start), min(begins(span.End), s.now().Unix()/60), nil
}
