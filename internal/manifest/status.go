package manifest

import (
	"context"
	"slices"

	"elbow/internal/api"
)

// A ListenerStatus is the status of a listener.
type ListenerStatus struct {
	Status string // running, stopped, starting, …
	Reason string // why it does not run although it was started
}

// StatusKey is the key of a listener in the result of Listeners: its port, and
// whether that is a UDP port.
func StatusKey(port, protocol string) string {
	if protocol == "udp" {
		return port + "/udp"
	}
	return port
}

// Listeners returns the status of the listeners of a load balancer, by StatusKey;
// nothing if there is no such load balancer. It is the one with the id in the
// manifest, else the one of its name that no other entry has.
func Listeners(ctx context.Context, call Caller, m *Manifest, lb LoadBalancer) (map[string]ListenerStatus, error) {
	which := map[string]string{"LoadBalancerName": lb.Name}
	if lb.ID != "" {
		which = map[string]string{"LoadBalancerId": lb.ID}
	}
	found, err := ask[api.DescribeLoadBalancersOutput](ctx, call, api.EnsVersion, "DescribeLoadBalancers", which)
	if err != nil {
		return nil, err
	}
	status := make(map[string]ListenerStatus)
	for _, one := range found.LoadBalancers.LoadBalancer {
		if lb.ID == "" && slices.ContainsFunc(m.LoadBalancers, func(other LoadBalancer) bool { return other.ID == one.LoadBalancerID }) {
			continue
		}
		ofOne := func(ctx context.Context, version, action string, params map[string]string) ([]byte, error) {
			params["LoadBalancerId"] = one.LoadBalancerID
			return call(ctx, version, action, params)
		}
		err := pages(ctx, ofOne, api.EnsVersion, "DescribeLoadBalancerListeners", "PageNumber", "PageSize",
			func(page *api.DescribeLoadBalancerListenersOutput) (int, int) {
				for _, l := range page.Listeners.Listener {
					status[StatusKey(l.ListenerPort, string(l.Protocol))] = ListenerStatus{string(l.Status), l.StatusReason}
				}
				return len(page.Listeners.Listener), page.TotalCount
			})
		if err != nil {
			return nil, err
		}
	}
	return status, nil
}
