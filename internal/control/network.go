package control

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"elbow/internal/api"
	"elbow/internal/elb"
	"elbow/internal/store"
)

// available is the status of networks and vSwitches: they exist at once.
const available = "Available"

// networkAPI has the operations of regions, networks and vSwitches.
type networkAPI struct {
	shared
	eips elb.EIPPool // no vSwitch may have an address of it
}

// DescribeEnsRegions lists the regions.
func (s *networkAPI) DescribeEnsRegions(ctx context.Context, in *api.DescribeEnsRegionsInput) (out api.DescribeEnsRegionsOutput, err error) {
	err = s.store.View(ctx, func(r *store.Reader) error {
		for _, region := range store.Regions.All(r) {
			if in.RegionID == "" || in.RegionID == region.ID {
				out.EnsRegions.EnsRegions = append(out.EnsRegions.EnsRegions, api.EnsRegion{
					Area: region.Area, EnName: region.EnName, EnsRegionID: region.ID,
					Name: region.Name, Province: region.Province,
				})
			}
		}
		return nil
	})
	return out, err
}

// DescribeNetworks lists the networks that match all filters, newest first.
func (s *networkAPI) DescribeNetworks(ctx context.Context, in *api.DescribeNetworksInput) (out api.DescribeNetworksOutput, err error) {
	err = s.store.View(ctx, func(r *store.Reader) error {
		all := slices.DeleteFunc(store.Networks.All(r), func(n elb.Network) bool {
			return !oneOf(n.RegionID, in.RegionID, in.RegionIDs) ||
				!oneOf(n.ID, in.NetworkID, in.NetworkIDs) || !oneOf(n.Name, in.Name, nil) || !elb.HasTags(n.Tags, in.Tags)
		})
		newestFirst(all, func(n *elb.Network) (time.Time, string) { return n.CreateTime, n.ID })
		some, p := page(all, in.PageNumber, in.PageSize)
		out.Page = p
		vSwitches := store.VSwitches.All(r)
		for _, n := range some {
			out.Networks.Network = append(out.Networks.Network, networkEntry(n, vSwitches))
		}
		return nil
	})
	return out, err
}

// networkEntry is a network in the form of answers. The vSwitches may include
// those of other networks.
func networkEntry(n elb.Network, vSwitches []elb.VSwitch) api.Network {
	entry := api.Network{
		CidrBlock: n.CIDR.String(), CreatedTime: api.Timestamp(n.CreateTime), Description: n.Description,
		EnsRegionID: n.RegionID, NetworkID: n.ID, NetworkName: n.Name, Status: available, Tags: api.TagsOf(n.Tags),
	}
	for _, v := range vSwitches {
		if v.NetworkID == n.ID {
			entry.VSwitchIDs.VSwitchID = append(entry.VSwitchIDs.VSwitchID, v.ID)
		}
	}
	return entry
}

// DescribeVSwitches lists the vSwitches that match all filters, newest
// first.
func (s *networkAPI) DescribeVSwitches(ctx context.Context, in *api.DescribeVSwitchesInput) (out api.DescribeVSwitchesOutput, err error) {
	err = s.store.View(ctx, func(r *store.Reader) error {
		all := slices.DeleteFunc(store.VSwitches.All(r), func(v elb.VSwitch) bool {
			return !oneOf(v.RegionID, in.RegionID, in.RegionIDs) || !oneOf(v.NetworkID, in.NetworkID, nil) ||
				!oneOf(v.ID, in.VSwitchID, in.VSwitchIDs) || !oneOf(v.Name, in.Name, nil) || !elb.HasTags(v.Tags, in.Tags)
		})
		newestFirst(all, func(v *elb.VSwitch) (time.Time, string) { return v.CreateTime, v.ID })
		some, p := page(all, in.PageNumber, in.PageSize)
		out.Page = p
		for _, v := range some {
			out.VSwitches.VSwitch = append(out.VSwitches.VSwitch, api.VSwitch{
				CidrBlock: v.CIDR.String(), CreatedTime: api.Timestamp(v.CreateTime), Description: v.Description,
				EnsRegionID: v.RegionID, FreeIPCount: freeAddresses(r, v),
				NetworkID: v.NetworkID, Status: available, VSwitchID: v.ID, VSwitchName: v.Name, Tags: api.TagsOf(v.Tags),
			})
		}
		return nil
	})
	return out, err
}

// oneOf reports whether a value matches two filters; an empty one matches
// everything.
func oneOf(value, filter string, filters []string) bool {
	return (filter == "" || filter == value) && (len(filters) == 0 || slices.Contains(filters, value))
}

// isAddress reports whether an address matches a filter, in whatever spelling; ""
// matches everything.
func isAddress(a netip.Addr, filter string) bool {
	given, err := netip.ParseAddr(filter)
	return filter == "" || err == nil && given.Unmap() == a
}
