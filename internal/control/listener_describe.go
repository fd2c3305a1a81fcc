package control

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"elbow/internal/api"
	"elbow/internal/elb"
	"elbow/internal/store"
)

// DescribeLoadBalancerHTTPSListenerAttribute describes a listener: its
// configuration, and its state as the nodes report it.
func (s *listenerAPI) DescribeLoadBalancerHTTPSListenerAttribute(ctx context.Context, in *api.DescribeLoadBalancerHTTPSListenerAttributeInput) (api.DescribeLoadBalancerHTTPSListenerAttributeOutput, error) {
	return describeListener(ctx, s, elb.HTTPS, in.ListenerName, api.DescribeHTTPSListener)
}

// DescribeLoadBalancerHTTPListenerAttribute describes a listener.
func (s *listenerAPI) DescribeLoadBalancerHTTPListenerAttribute(ctx context.Context, in *api.DescribeLoadBalancerHTTPListenerAttributeInput) (api.DescribeLoadBalancerHTTPListenerAttributeOutput, error) {
	return describeListener(ctx, s, elb.HTTP, in.ListenerName, api.DescribeHTTPListener)
}

// DescribeLoadBalancerTCPListenerAttribute describes a listener.
func (s *listenerAPI) DescribeLoadBalancerTCPListenerAttribute(ctx context.Context, in *api.DescribeLoadBalancerTCPListenerAttributeInput) (api.DescribeLoadBalancerTCPListenerAttributeOutput, error) {
	return describeListener(ctx, s, elb.TCP, in.ListenerName, api.DescribeTCPListener)
}

// DescribeLoadBalancerUDPListenerAttribute describes a listener.
func (s *listenerAPI) DescribeLoadBalancerUDPListenerAttribute(ctx context.Context, in *api.DescribeLoadBalancerUDPListenerAttributeInput) (api.DescribeLoadBalancerUDPListenerAttributeOutput, error) {
	return describeListener(ctx, s, elb.UDP, in.ListenerName, api.DescribeUDPListener)
}

func describeListener[Out any](ctx context.Context, s *listenerAPI, p elb.Protocol, name api.ListenerName, describe func(*elb.Listener, api.Condition) Out) (out Out, err error) {
	key := elb.ListenerKey{LoadBalancerID: name.LoadBalancerID, Port: name.Port, Protocol: p}
	err = s.store.View(ctx, func(r *store.Reader) error {
		lb, found := store.LoadBalancers.Get(r, name.LoadBalancerID)
		if !found {
			return api.ErrLoadBalancerGone.New()
		}
		l, found := store.Listeners.Get(r, key)
		if !found {
			return api.ListenerNotFound()
		}
		c := conditions(r, &lb)
		out = describe(&l, api.Condition{State: c.state(&l), Reason: c.reason(&l), Backends: c.health(&l)})
		return nil
	})
	return out, err
}

// DescribeLoadBalancerListeners lists the listeners of a load balancer that match
// all filters, by port.
func (s *listenerAPI) DescribeLoadBalancerListeners(ctx context.Context, in *api.DescribeLoadBalancerListenersInput) (out api.DescribeLoadBalancerListenersOutput, err error) {
	err = s.store.View(ctx, func(r *store.Reader) error {
		lb, found := store.LoadBalancers.Get(r, in.LoadBalancerID)
		if !found {
			return api.LoadBalancerNotFound()
		}
		all := slices.DeleteFunc(store.Listeners.Of(r, lb.ID), func(l elb.Listener) bool {
			return in.Port != 0 && in.Port != l.Port || in.Description != "" && in.Description != l.Description
		})
		some, p := page(all, in.PageNumber, in.PageSize)
		out.Page = p
		c := conditions(r, &lb)
		for i := range some {
			out.Listeners.Listener = append(out.Listeners.Listener, c.entry(&some[i]))
		}
		return nil
	})
	return out, err
}

// A condition is the state of the listeners of one load balancer, desired and as
// the nodes report it.
type condition struct {
	reader  *store.Reader
	active  bool // the load balancer is Active
	reports map[elb.ListenerKey][]elb.ListenerStatus
}

func conditions(r *store.Reader, lb *elb.LoadBalancer) condition {
	c := condition{reader: r, active: lb.Status == elb.Active, reports: make(map[elb.ListenerKey][]elb.ListenerStatus)}
	for _, status := range store.Listeners.Statuses(r, lb.ID) {
		c.reports[status.Key()] = append(c.reports[status.Key()], status)
	}
	return c
}

func (c condition) state(l *elb.Listener) elb.ListenerState {
	return elb.StateOf(l.Started && c.active, store.Listeners.Revision(c.reader, l.Key()), c.reports[l.Key()])
}

// reason is why the listener does not run although it should, from the first node
// that cannot run it; "" if all can.
func (c condition) reason(l *elb.Listener) string {
	if !l.Started || !c.active {
		return ""
	}
	for _, report := range c.reports[l.Key()] {
		if report.Reason != "" {
			return report.Reason
		}
	}
	return ""
}

// health is the result of the nodes' health checks.
func (c condition) health(l *elb.Listener) []api.BackendHealth {
	var all []api.BackendHealth
	for _, report := range c.reports[l.Key()] {
		for _, b := range report.Backends {
			all = append(all, api.BackendHealth{
				ServerID: b.ServerID, Address: b.Address, HealthStatus: b.Health, Reason: b.LastErr,
			})
		}
	}
	return all
}

func (c condition) entry(l *elb.Listener) api.Listener {
	return api.Listener{
		LoadBalancerID:    l.LoadBalancerID,
		ListenerPort:      strconv.Itoa(l.Port),
		Protocol:          l.Protocol,
		Description:       l.Description,
		Status:            strings.ToLower(string(c.state(l))),
		StatusReason:      c.reason(l),
		ListenerForward:   api.Switch(l.Forward),
		ForwardPort:       strconv.Itoa(l.ForwardPort),
		CreateTime:        api.Timestamp(l.CreateTime),
		BackendServerPort: l.BackendPort,
	}
}
