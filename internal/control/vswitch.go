package control

import (
	"cmp"
	"context"
	"net/netip"

	"elbow/internal/api"
	"elbow/internal/elb"
	"elbow/internal/store"
)

// CreateVSwitch creates a vSwitch. It must not overlap another one, of whatever
// network: the nodes serve the addresses of all of them.
func (s *networkAPI) CreateVSwitch(ctx context.Context, in *api.CreateVSwitchInput) (out api.CreateVSwitchOutput, err error) {
	v := elb.VSwitch{
		ID: elb.NewVSwitchID(), NetworkID: cmp.Or(in.NetworkID, defaultNetwork), RegionID: in.RegionID,
		Name: in.Name, Description: in.Description, CIDR: in.CIDR, CreateTime: s.now(), Tags: in.Tags,
	}
	return api.CreateVSwitchOutput{VSwitchID: v.ID}, s.store.Update(ctx, func(tx *store.Tx) error {
		if _, found := store.Regions.Get(tx, v.RegionID); !found {
			return api.ErrRegionNotFound.New()
		}
		n, found := store.Networks.Get(tx, v.NetworkID)
		if !found || n.RegionID != v.RegionID {
			return api.ErrNetworkNotFound.New()
		}
		if err := mayBeIn(&n, &v); err != nil {
			return err
		}
		for _, other := range store.VSwitches.All(tx) {
			if other.CIDR.Overlaps(v.CIDR) {
				return wrongRange("the vSwitch " + other.ID + " of the network " + other.NetworkID + " has addresses of it: " + other.CIDR.String())
			}
		}
		if err := s.besidesEIPs(tx, v.CIDR); err != nil {
			return err
		}
		store.VSwitches.Put(tx, v)
		return nil
	})
}

// besidesEIPs returns nil if no EIP has an address of the range, and none can get
// one.
func (s *networkAPI) besidesEIPs(tx *store.Tx, cidr netip.Prefix) error {
	if s.eips.Overlaps(cidr) {
		return wrongRange("the pool of EIPs has addresses of it: see -eip-pool")
	}
	for _, e := range store.EIPs.All(tx) {
		if cidr.Contains(e.Address) {
			return wrongRange("the EIP " + e.ID + " has an address of it: " + e.Address.String())
		}
	}
	return nil
}

// mayBeIn returns nil if a vSwitch may have its range in a network. The whole
// network may be a range of any size: the network of the first start may be a
// single address.
func mayBeIn(n *elb.Network, v *elb.VSwitch) error {
	if !n.Holds(v.CIDR) {
		return wrongRange("must be in that of the network, " + n.CIDR.String())
	}
	if err := elb.CheckVSwitch(v.CIDR); err != nil && v.CIDR != n.CIDR {
		return api.Invalid("CidrBlock").Because("CidrBlock " + err.Error())
	}
	return nil
}

// wrongRange is the error for a range that is valid by itself.
func wrongRange(reason string) *api.Error {
	return api.InvalidField("CidrBlock").Because("CidrBlock: " + reason)
}

// DescribeVSwitchAttributes describes a vSwitch with its content.
func (s *networkAPI) DescribeVSwitchAttributes(ctx context.Context, in *api.DescribeVSwitchAttributesInput) (out api.DescribeVSwitchAttributesOutput, err error) {
	err = s.store.View(ctx, func(r *store.Reader) error {
		v, found := store.VSwitches.Get(r, in.VSwitchID)
		if !found {
			return api.ErrVSwitchNotFound.New()
		}
		out = api.DescribeVSwitchAttributesOutput{
			AvailableIPAddressCount: freeAddresses(r, v), CidrBlock: v.CIDR.String(), CreatedTime: api.Timestamp(v.CreateTime),
			Description: v.Description, EnsRegionID: v.RegionID, NetworkID: v.NetworkID, Status: available,
			VSwitchID: v.ID, VSwitchName: v.Name, Tags: api.TagsOf(v.Tags),
		}
		out.LoadBalancerIDs.LoadBalancerID = store.LoadBalancers.IDsIn(r, v.ID)
		addInstances(&out.Members, r, func(i elb.Instance) bool { return i.VSwitchID == v.ID })
		return nil
	})
	return out, err
}

// freeAddresses is the number of load balancers for which a vSwitch still has
// addresses.
func freeAddresses(r *store.Reader, v elb.VSwitch) int64 {
	return elb.Capacity(v.CIDR) - int64(store.LoadBalancers.CountAddresses(r, v.ID))
}

// ModifyVSwitchAttribute changes the name or description of a vSwitch.
func (s *networkAPI) ModifyVSwitchAttribute(ctx context.Context, in *api.ModifyVSwitchAttributeInput) (out api.ModifyVSwitchAttributeOutput, err error) {
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		v, found := store.VSwitches.Get(tx, in.VSwitchID)
		if !found {
			return api.ErrVSwitchNotFound.New()
		}
		in.Apply("VSwitchName", &v.Name, &v.Description)
		store.VSwitches.Put(tx, v)
		return nil
	})
}

// DeleteVSwitch deletes an empty vSwitch.
func (s *networkAPI) DeleteVSwitch(ctx context.Context, in *api.DeleteVSwitchInput) (out api.DeleteVSwitchOutput, err error) {
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		return releaseVSwitch(tx, in.VSwitchID, api.ErrVSwitchNotFound)
	})
}

// releaseVSwitch deletes an empty vSwitch.
func releaseVSwitch(tx *store.Tx, id string, notFound api.ErrorID) error {
	if _, found := store.VSwitches.Get(tx, id); !found {
		return notFound.New()
	}
	if store.LoadBalancers.InVSwitch(tx, id) {
		return inUse("a load balancer has its address in the vSwitch")
	}
	for _, i := range store.Instances.All(tx) {
		if i.VSwitchID == id {
			return inUse("the server " + i.ID + " is registered in the vSwitch")
		}
	}
	store.VSwitches.Delete(tx, id)
	return nil
}
