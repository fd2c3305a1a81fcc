package control

import (
	"context"
	"strings"

	"elbow/internal/api"
	"elbow/internal/elb"
	"elbow/internal/store"
)

// CreateNetwork creates a network. Its range may overlap that of another:
// addresses are assigned from vSwitches.
func (s *networkAPI) CreateNetwork(ctx context.Context, in *api.CreateNetworkInput) (out api.CreateNetworkOutput, err error) {
	n := elb.Network{
		ID: elb.NewNetworkID(), RegionID: in.RegionID, Name: in.Name, Description: in.Description,
		CIDR: in.CIDR, CreateTime: s.now(), Tags: in.Tags,
	}
	return api.CreateNetworkOutput{NetworkID: n.ID}, s.store.Update(ctx, func(tx *store.Tx) error {
		if _, found := store.Regions.Get(tx, n.RegionID); !found {
			return api.ErrRegionNotFound.New()
		}
		store.Networks.Put(tx, n)
		return nil
	})
}

// DescribeNetworkAttribute describes a network with its content.
func (s *networkAPI) DescribeNetworkAttribute(ctx context.Context, in *api.DescribeNetworkAttributeInput) (out api.DescribeNetworkAttributeOutput, err error) {
	err = s.store.View(ctx, func(r *store.Reader) error {
		n, found := store.Networks.Get(r, in.NetworkID)
		if !found {
			return api.ErrNetworkNotFound.New()
		}
		out.Network = networkEntry(n, store.VSwitches.All(r))
		ids := out.Network.VSwitchIDs.VSwitchID
		for _, id := range ids {
			out.LoadBalancerIDs.LoadBalancerID = append(out.LoadBalancerIDs.LoadBalancerID, store.LoadBalancers.IDsIn(r, id)...)
		}
		addInstances(&out.Members, r, func(i elb.Instance) bool { return i.NetworkID == n.ID })
		for _, of := range []api.CloudResource{
			{ResourceType: "vswitch", ResourceCount: len(ids)},
			{ResourceType: "slb", ResourceCount: len(out.LoadBalancerIDs.LoadBalancerID)},
			{ResourceType: "instance", ResourceCount: len(out.InstanceIDs.InstanceID)},
		} {
			if of.ResourceCount > 0 {
				out.CloudResources.CloudResourceSetType = append(out.CloudResources.CloudResourceSetType, of)
			}
		}
		return nil
	})
	return out, err
}

// addInstances lists the instances that are in a network or a vSwitch.
func addInstances(m *api.Members, r *store.Reader, in func(elb.Instance) bool) {
	for _, i := range store.Instances.All(r) {
		if !in(i) {
			continue
		}
		if strings.HasPrefix(i.ID, "i-") {
			m.InstanceIDs.InstanceID = append(m.InstanceIDs.InstanceID, i.ID)
		}
		m.NetworkInterfaceIDs.NetworkInterfaceID = append(m.NetworkInterfaceIDs.NetworkInterfaceID, i.Interface())
	}
}

// ModifyNetworkAttribute changes the name or description of a network.
func (s *networkAPI) ModifyNetworkAttribute(ctx context.Context, in *api.ModifyNetworkAttributeInput) (out api.ModifyNetworkAttributeOutput, err error) {
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		n, found := store.Networks.Get(tx, in.NetworkID)
		if !found {
			return api.ErrNetworkNotFound.New()
		}
		in.Apply("NetworkName", &n.Name, &n.Description)
		store.Networks.Put(tx, n)
		return nil
	})
}

// DeleteNetwork deletes an empty network.
func (s *networkAPI) DeleteNetwork(ctx context.Context, in *api.DeleteNetworkInput) (out api.DeleteNetworkOutput, err error) {
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		return releaseNetwork(tx, in.NetworkID, api.ErrNetworkNotFound)
	})
}

// releaseNetwork deletes an empty network.
func releaseNetwork(tx *store.Tx, id string, notFound api.ErrorID) error {
	if _, found := store.Networks.Get(tx, id); !found {
		return notFound.New()
	}
	for _, v := range store.VSwitches.All(tx) {
		if v.NetworkID == id {
			return inUse("the network has the vSwitch " + v.ID)
		}
	}
	for _, i := range store.Instances.All(tx) {
		if i.NetworkID == id {
			return inUse("the server " + i.ID + " is registered in the network")
		}
	}
	store.Networks.Delete(tx, id)
	return nil
}

// inUse is the error for deleting a resource that another one needs.
func inUse(by string) *api.Error {
	return api.IncorrectInstanceStatus().Because(by)
}

// DescribeRegionIsps lists the carriers that an EIP may name. Which carriers
// bring packets here is up to the operator, so a region has them all.
func (s *networkAPI) DescribeRegionIsps(ctx context.Context, in *api.DescribeRegionIspsInput) (out api.DescribeRegionIspsOutput, err error) {
	out.Isps = api.Array[api.Isp]{{Code: "cmcc", Name: "China Mobile"}, {Code: "unicom", Name: "China Unicom"}, {Code: "telecom", Name: "China Telecom"}}
	err = s.store.View(ctx, func(r *store.Reader) error {
		if _, found := store.Regions.Get(r, in.RegionID); !found {
			return api.ErrRegionNotFound.New()
		}
		return nil
	})
	return out, err
}
