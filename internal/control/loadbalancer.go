package control

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"

	"elbow/internal/api"
	"elbow/internal/elb"
	"elbow/internal/store"
)

// balancerAPI has the operations of load balancers.
type balancerAPI struct{ shared }

// CreateLoadBalancer creates a load balancer on the next free address of its
// vSwitch, only once per ClientToken.
func (s *balancerAPI) CreateLoadBalancer(ctx context.Context, in *api.CreateLoadBalancerInput) (out api.CreateLoadBalancerOutput, err error) {
	lb := elb.LoadBalancer{
		ID:         elb.NewLoadBalancerID(),
		RegionID:   in.RegionID,
		NetworkID:  in.NetworkID,
		VSwitchID:  in.VSwitchID,
		Spec:       in.Spec,
		PayType:    in.PayType,
		Status:     elb.Active,
		CreateTime: s.now(),
	}
	params := *in
	params.ClientToken = ""
	o, err := onceOf("CreateLoadBalancer", in.ClientToken, params)
	if err != nil {
		return out, err
	}
	err = s.store.Update(ctx, func(tx *store.Tx) error {
		created, done, err := o.done(tx, lb.ID)
		if done {
			lb.ID = created
		}
		if done || err != nil {
			return err
		}
		address, err := freeAddress(tx, in)
		if err != nil {
			return err
		}
		lb.Name, lb.Address = cmp.Or(in.Name, lb.ID), address
		store.LoadBalancers.Create(tx, lb)
		return nil
	})
	return api.CreateLoadBalancerOutput{
		LoadBalancerID:   lb.ID,
		LoadBalancerName: cmp.Or(in.Name, lb.ID),
		NetworkID:        in.NetworkID,
		VSwitchID:        in.VSwitchID,
	}, err
}

// freeAddress is the address for a new load balancer.
func freeAddress(tx *store.Tx, in *api.CreateLoadBalancerInput) (netip.Addr, error) {
	if _, found := store.Regions.Get(tx, in.RegionID); !found {
		return netip.Addr{}, api.ErrRegionNotFound.New()
	}
	if n, found := store.Networks.Get(tx, in.NetworkID); !found || n.RegionID != in.RegionID {
		return netip.Addr{}, api.ErrNetworkNotFound.New()
	}
	v, found := store.VSwitches.Get(tx, in.VSwitchID)
	if !found || v.NetworkID != in.NetworkID {
		return netip.Addr{}, api.ErrVSwitchNotFound.New()
	}
	address := elb.FreeAddress(v.CIDR, func(first, last netip.Addr) int { return store.LoadBalancers.CountAddressesFrom(tx, v.ID, first, last) })
	if !address.IsValid() {
		return address, api.ErrVSwitchFull.New()
	}
	return address, nil
}

// ModifyLoadBalancerAttribute renames a load balancer.
func (s *balancerAPI) ModifyLoadBalancerAttribute(ctx context.Context, in *api.ModifyLoadBalancerAttributeInput) (out api.ModifyLoadBalancerAttributeOutput, err error) {
	return out, s.changeLoadBalancer(ctx, in.LoadBalancerID, func(lb *elb.LoadBalancer) { lb.Name = in.Name })
}

// SetLoadBalancerStatus enables or disables a load balancer.
func (s *balancerAPI) SetLoadBalancerStatus(ctx context.Context, in *api.SetLoadBalancerStatusInput) (out api.SetLoadBalancerStatusOutput, err error) {
	return out, s.changeLoadBalancer(ctx, in.LoadBalancerID, func(lb *elb.LoadBalancer) { lb.Status = in.Status })
}

func (s *balancerAPI) changeLoadBalancer(ctx context.Context, id string, change func(*elb.LoadBalancer)) error {
	return s.store.Update(ctx, func(tx *store.Tx) error {
		lb, found := store.LoadBalancers.Get(tx, id)
		if !found {
			return api.LoadBalancerNotFound()
		}
		change(&lb)
		store.LoadBalancers.Put(tx, lb)
		return nil
	})
}

// activeLoadBalancer reads a load balancer whose listeners and backends may be
// changed (decisions, CreateLoadBalancerHTTPSListener 10).
func activeLoadBalancer(tx *store.Tx, id string) (elb.LoadBalancer, error) {
	lb, found := store.LoadBalancers.Get(tx, id)
	if !found {
		return lb, api.LoadBalancerNotFound()
	}
	if lb.Status != elb.Active {
		return lb, api.IncorrectInstanceStatus()
	}
	return lb, nil
}

// DeleteLoadBalancer deletes a load balancer with its listeners.
func (s *balancerAPI) DeleteLoadBalancer(ctx context.Context, in *api.DeleteLoadBalancerInput) (out api.DeleteLoadBalancerOutput, err error) {
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		if _, found := store.LoadBalancers.Get(tx, in.LoadBalancerID); !found {
			return api.ErrLoadBalancerGone.New()
		}
		return releaseLoadBalancer(tx, in.LoadBalancerID)
	})
}

func releaseLoadBalancer(tx *store.Tx, id string) error {
	lb, found := store.LoadBalancers.Get(tx, id)
	if !found {
		return api.LoadBalancerNotFound()
	}
	detachEIPs(tx, &lb)
	store.LoadBalancers.Delete(tx, lb)
	return nil
}

// ReleaseInstance releases the resource with an id of any kind.
func (s *balancerAPI) ReleaseInstance(ctx context.Context, in *api.ReleaseInstanceInput) (out api.ReleaseInstanceOutput, err error) {
	kind, _, _ := strings.Cut(in.InstanceID, "-")
	err = s.store.Update(ctx, func(tx *store.Tx) error {
		switch kind {
		case "lb":
			out.ResourceType = "slb"
			return releaseLoadBalancer(tx, in.InstanceID)
		case "eip":
			out.ResourceType = "eip"
			return releaseEIP(tx, in.InstanceID, api.ErrEIPGone)
		case "n":
			out.ResourceType = "network"
			return releaseNetwork(tx, in.InstanceID, api.ErrInstanceNotFound)
		case "vsw":
			out.ResourceType = "vswitch"
			return releaseVSwitch(tx, in.InstanceID, api.ErrInstanceNotFound)
		}
		return api.ErrInstanceNotFound.New()
	})
	return out, err
}

// DescribeLoadBalancers lists the load balancers that match all filters, newest
// first.
func (s *balancerAPI) DescribeLoadBalancers(ctx context.Context, in *api.DescribeLoadBalancersInput) (out api.DescribeLoadBalancersOutput, err error) {
	var all []elb.LoadBalancer
	err = s.store.View(ctx, func(r *store.Reader) error {
		if in.LoadBalancerID == "" {
			all = store.LoadBalancers.All(r)
		} else if lb, found := store.LoadBalancers.Get(r, in.LoadBalancerID); found {
			all = []elb.LoadBalancer{lb}
		}
		return nil
	})
	all = slices.DeleteFunc(all, func(lb elb.LoadBalancer) bool { return !matches(&lb, in) })
	newestFirst(all, func(lb *elb.LoadBalancer) (time.Time, string) { return lb.CreateTime, lb.ID })
	some, p := page(all, in.PageNumber, in.PageSize)
	out.Page = p
	for i := range some {
		out.LoadBalancers.LoadBalancer = append(out.LoadBalancers.LoadBalancer, entry(&some[i]))
	}
	return out, err
}

func matches(lb *elb.LoadBalancer, in *api.DescribeLoadBalancersInput) bool {
	is := func(filter, value string) bool { return filter == "" || filter == value }
	return isAddress(lb.Address, in.Address) &&
		is(in.RegionID, lb.RegionID) &&
		(len(in.RegionIDs) == 0 || slices.Contains(in.RegionIDs, lb.RegionID)) &&
		is(in.LoadBalancerID, lb.ID) &&
		is(in.Name, lb.Name) &&
		is(string(in.Status), string(lb.Status)) &&
		is(in.Type, loadBalancerType) &&
		is(in.NetworkID, lb.NetworkID) &&
		is(in.VSwitchID, lb.VSwitchID) &&
		(in.ServerID == "" || slices.ContainsFunc(lb.Backends, func(b elb.Backend) bool { return b.ServerID == in.ServerID }))
}

// The constant fields of every load balancer: its address is in its vSwitch.
const (
	loadBalancerType = "elb"
	addressType      = "intranet"
	unlimited        = -1 // Mbit/s
)

func ipVersion(a netip.Addr) string {
	if a.Is4() {
		return "ipv4"
	}
	return "ipv6"
}

func entry(lb *elb.LoadBalancer) api.LoadBalancer {
	return api.LoadBalancer{
		Address:            lb.Address.String(),
		AddressIPVersion:   ipVersion(lb.Address),
		AddressType:        addressType,
		CreateTime:         api.Timestamp(lb.CreateTime),
		EnsRegionID:        lb.RegionID,
		LoadBalancerID:     lb.ID,
		LoadBalancerName:   lb.Name,
		LoadBalancerStatus: lb.Status,
		LoadBalancerType:   loadBalancerType,
		NetworkID:          lb.NetworkID,
		PayType:            lb.PayType,
		VSwitchID:          lb.VSwitchID,
	}
}
