package control

import (
	"context"
	"slices"
	"strconv"

	"elbow/internal/api"
	"elbow/internal/elb"
	"elbow/internal/store"
)

// DescribeLoadBalancerAttribute describes a load balancer with its listeners and
// backends. The answer for an unknown one is empty, without a field
// LoadBalancerId: clients read that as gone (decisions, Other operations 2).
func (s *balancerAPI) DescribeLoadBalancerAttribute(ctx context.Context, in *api.DescribeLoadBalancerAttributeInput) (any, error) {
	var (
		lb        elb.LoadBalancer
		listeners []elb.Listener
		found     bool
	)
	err := s.store.View(ctx, func(r *store.Reader) error {
		if lb, found = store.LoadBalancers.Get(r, in.LoadBalancerID); found {
			listeners = store.Listeners.Of(r, lb.ID)
		}
		return nil
	})
	if err != nil || !found {
		return struct{}{}, err
	}
	return attributes(&lb, listeners), nil
}

func attributes(lb *elb.LoadBalancer, listeners []elb.Listener) api.DescribeLoadBalancerAttributeOutput {
	out := api.DescribeLoadBalancerAttributeOutput{
		Address:            lb.Address.String(),
		AddressIPVersion:   ipVersion(lb.Address),
		AddressType:        addressType,
		Bandwidth:          unlimited,
		CreateTime:         api.Timestamp(lb.CreateTime),
		EnsRegionID:        lb.RegionID,
		LoadBalancerID:     lb.ID,
		LoadBalancerName:   lb.Name,
		LoadBalancerSpec:   lb.Spec,
		LoadBalancerStatus: lb.Status,
		LoadBalancerType:   loadBalancerType,
		NetworkID:          lb.NetworkID,
		PayType:            lb.PayType,
		VSwitchID:          lb.VSwitchID,
	}
	for _, b := range lb.Backends {
		out.BackendServers = append(out.BackendServers, api.AttachedServer{
			IP:       b.AddressText(),
			Port:     strconv.Itoa(b.Port),
			ServerID: b.ServerID,
			Type:     b.Type,
			Weight:   b.Weight,

			DomainName: b.DomainName,
		})
	}
	for _, l := range listeners {
		if port := strconv.Itoa(l.Port); !slices.Contains(out.ListenerPorts, port) { // TCP and UDP may share one
			out.ListenerPorts = append(out.ListenerPorts, port)
		}
		out.ListenerPortsAndProtocols = append(out.ListenerPortsAndProtocols, api.PortAndProtocol{
			BackendServerPort: l.BackendPort,
			Description:       l.Description,
			ForwardPort:       l.ForwardPort,
			ListenerForward:   api.Switch(l.Forward),
			ListenerPort:      l.Port,
			ListenerProtocol:  l.Protocol,
		})
	}
	return out
}

// DescribeLoadBalancerSpec lists the specifications.
func (s *balancerAPI) DescribeLoadBalancerSpec(_ context.Context, in *api.DescribeLoadBalancerSpecInput) (out api.DescribeLoadBalancerSpecOutput, err error) {
	var all []api.LoadBalancerSpec
	for _, spec := range elb.Specs {
		if in.Spec == "" || in.Spec == spec {
			all = append(all, api.LoadBalancerSpec{DisplayName: specNames[spec], LoadBalancerSpec: spec})
		}
	}
	out.LoadBalancerSpecs, out.Page = page(all, in.PageNumber, in.PageSize)
	return out, nil
}

// specNames are the display names of the specifications.
var specNames = map[string]string{
	"elb.s1.small":  "Lite",
	"elb.s2.small":  "Standard I",
	"elb.s2.medium": "Standard II",
	"elb.s3.small":  "Advanced I",
	"elb.s3.medium": "Advanced II",
}
