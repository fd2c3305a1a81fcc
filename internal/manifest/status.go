package manifest

import (
	"context"

	"elbow/internal/api"
)

// A ListenerStatus is what has become of a listener.
type ListenerStatus struct {
	Status string // running, stopped, starting, …
	Reason string // why it does not run though it was started
}

// Listeners tells the status of the listeners of the load balancer name, by
// port; nothing if there is no such load balancer.
func Listeners(ctx context.Context, call Caller, name string) (map[string]ListenerStatus, error) {
	found, err := ask[api.DescribeLoadBalancersOutput](ctx, call, api.EnsVersion, "DescribeLoadBalancers", map[string]string{"LoadBalancerName": name})
	if err != nil {
		return nil, err
	}
	status := make(map[string]ListenerStatus)
	for _, lb := range found.LoadBalancers.LoadBalancer {
		ofOne := func(ctx context.Context, version, action string, params map[string]string) ([]byte, error) {
			params["LoadBalancerId"] = lb.LoadBalancerID
			return call(ctx, version, action, params)
		}
		err := pages(ctx, ofOne, api.EnsVersion, "DescribeLoadBalancerListeners", "PageNumber", "PageSize",
			func(page *api.DescribeLoadBalancerListenersOutput) (int, int) {
				for _, l := range page.Listeners.Listener {
					status[l.ListenerPort] = ListenerStatus{string(l.Status), l.StatusReason}
				}
				return len(page.Listeners.Listener), page.TotalCount
			})
		if err != nil {
			return nil, err
		}
	}
	return status, nil
}
