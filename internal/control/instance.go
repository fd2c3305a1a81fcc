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

// instanceAPI has the operations of instances.
type instanceAPI struct {
	shared
	reach *elb.Reach                     // what may be registered
	known func(name string) []netip.Addr // nil: no address of a name is known
}

// RegisterInstance registers the address of a server, or its domain name. That
// need not resolve yet: a server may be registered before it is there.
func (s *instanceAPI) RegisterInstance(ctx context.Context, in *api.RegisterInstanceInput) (out api.RegisterInstanceOutput, err error) {
	if in.DomainName == "" {
		if err := s.reach.Address(in.Address); err != nil {
			return out, api.Invalid("PrivateIpAddress").Because("PrivateIpAddress " + err.Error())
		}
	}
	i := elb.Instance{
		ID: in.InstanceID, Name: cmp.Or(in.Name, in.InstanceID), Address: in.Address, DomainName: strings.ToLower(in.DomainName), CreateTime: s.now(),
		NetworkID: cmp.Or(in.NetworkID, defaultNetwork), VSwitchID: cmp.Or(in.VSwitchID, defaultVSwitch),
	}
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		if _, found := store.Regions.Get(tx, in.RegionID); !found && in.RegionID != "" {
			return api.ErrRegionNotFound.New()
		}
		n, found := store.Networks.Get(tx, i.NetworkID)
		if !found || in.RegionID != "" && in.RegionID != n.RegionID {
			return api.ErrNetworkNotFound.New()
		}
		if v, found := store.VSwitches.Get(tx, i.VSwitchID); !found || v.NetworkID != i.NetworkID {
			return api.ErrVSwitchNotFound.New()
		}
		if old, found := store.Instances.Get(tx, i.ID); found {
			i.CreateTime, i.Tags = old.CreateTime, old.Tags
		} else if other := counterpart(i.ID); registered(tx, other) {
			return api.Invalid("InstanceId").Because("InstanceId names the network interface of an instance, or the instance of one, that is registered as " + other + ": deregister that first")
		}
		i.RegionID = n.RegionID
		store.Instances.Put(tx, i)
		return nil
	})
}

// counterpart is the id of the network interface of an instance, or the reverse:
// registering both would give one id two addresses.
func counterpart(id string) string {
	if name, ok := strings.CutPrefix(id, "eni-"); ok {
		return "i-" + name
	}
	return "eni-" + strings.TrimPrefix(id, "i-")
}

func registered(tx *store.Tx, id string) bool {
	_, found := store.Instances.Get(tx, id)
	return found
}

// DeregisterInstance removes the address of a server.
func (s *instanceAPI) DeregisterInstance(ctx context.Context, in *api.DeregisterInstanceInput) (out api.DeregisterInstanceOutput, err error) {
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		if _, found := store.Instances.Get(tx, in.InstanceID); !found {
			return api.ErrInstanceNotFound.New()
		}
		store.Instances.Delete(tx, in.InstanceID)
		return nil
	})
}

// RegisterInstanceRange registers all servers of a network.
func (s *instanceAPI) RegisterInstanceRange(ctx context.Context, in *api.RegisterInstanceRangeInput) (out api.RegisterInstanceRangeOutput, err error) {
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		if _, found := store.InstanceRanges.Get(tx, in.CIDR.String()); !found {
			store.InstanceRanges.Put(tx, elb.InstanceRange{CIDR: in.CIDR, CreateTime: s.now()})
		}
		return nil
	})
}

// DeregisterInstanceRange removes a range of servers.
func (s *instanceAPI) DeregisterInstanceRange(ctx context.Context, in *api.DeregisterInstanceRangeInput) (out api.DeregisterInstanceRangeOutput, err error) {
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		if _, found := store.InstanceRanges.Get(tx, in.CIDR.String()); !found {
			return api.ErrInstanceNotFound.New()
		}
		store.InstanceRanges.Delete(tx, in.CIDR.String())
		return nil
	})
}

// addressOf returns the address or the domain name of a server: that of the
// instance of this id, of the instance whose network interface it is, or the
// address in the id if it is in a registered range.
func addressOf(tx *store.Tx, id string) (address netip.Addr, domainName string, found bool) {
	if i, found := store.Instances.Get(tx, id); found {
		return i.Address, i.DomainName, true
	}
	if name, ok := strings.CutPrefix(id, "eni-"); ok {
		if i, found := store.Instances.Get(tx, "i-"+name); found {
			return i.Address, i.DomainName, true
		}
	}
	if address, ok := elb.AddressInID(id); ok {
		for _, r := range store.InstanceRanges.All(tx) {
			if r.CIDR.Contains(address) {
				return address, "", true
			}
		}
	}
	return netip.Addr{}, "", false
}

// DescribeInstances lists the instances that match all filters, newest
// first.
func (s *instanceAPI) DescribeInstances(ctx context.Context, in *api.DescribeInstancesInput) (out api.DescribeInstancesOutput, err error) {
	err = s.store.View(ctx, func(r *store.Reader) error {
		var all []elb.Instance
		if in.InstanceID == "" {
			all = store.Instances.All(r)
		} else if i, found := store.Instances.Get(r, in.InstanceID); found {
			all = []elb.Instance{i}
		}
		all = slices.DeleteFunc(all, func(i elb.Instance) bool {
			return !strings.HasPrefix(i.ID, "i-") || in.Impossible() ||
				!oneOf(i.ID, in.InstanceID, in.InstanceIDs) || !oneOf(i.RegionID, in.RegionID, in.RegionIDs) ||
				!oneOf(i.Name, in.Name, nil) || !oneOf(i.NetworkID, in.NetworkID, nil) || !oneOf(i.VSwitchID, in.VSwitchID, nil) ||
				!s.isAt(i, in.Address) || !strings.Contains(strings.Join(append(s.texts(i), i.ID, i.Name, i.DomainName), "\n"), in.Search)
		})
		newestFirst(all, instanceCreated)
		some, p := page(all, in.PageNumber, in.PageSize)
		out.Page = p
		for _, i := range some {
			out.Instances.Instance = append(out.Instances.Instance, instance(i, s.texts(i)))
		}
		for _, registered := range store.InstanceRanges.All(r) {
			out.InstanceRanges = append(out.InstanceRanges, registered.CIDR.String())
		}
		return nil
	})
	return out, err
}

func instanceCreated(i *elb.Instance) (time.Time, string) { return i.CreateTime, i.ID }

// addressesOf are the addresses of a server: its own, or those that this node uses
// for its domain name at present, which may be none.
func (s *instanceAPI) addressesOf(i elb.Instance) []netip.Addr {
	switch {
	case i.DomainName == "":
		return []netip.Addr{i.Address}
	case s.known == nil:
		return nil
	}
	return s.known(i.DomainName)
}

func (s *instanceAPI) texts(i elb.Instance) []string {
	var all []string
	for _, a := range s.addressesOf(i) {
		all = append(all, a.String())
	}
	return all
}

// isAt reports whether a server has the address in a filter.
func (s *instanceAPI) isAt(i elb.Instance, filter string) bool {
	return filter == "" || slices.ContainsFunc(s.addressesOf(i), func(a netip.Addr) bool { return isAddress(a, filter) })
}

func instance(i elb.Instance, addresses []string) api.Instance {
	out := api.Instance{
		InstanceID: i.ID, InstanceName: i.Name, HostName: i.Name, DomainName: i.DomainName, Status: "Running", EnsRegionID: i.RegionID,
		CreationTime: api.Timestamp(i.CreateTime), InnerIPAddress: api.IPAddresses{IPAddress: addresses},
		NetworkAttributes: api.NetworkAttributes{NetworkID: i.NetworkID, VSwitchID: i.VSwitchID, PrivateIPAddress: api.IPAddresses{IPAddress: addresses}},
	}
	for _, a := range addresses {
		out.PrivateIPAddresses.PrivateIPAddress = append(out.PrivateIPAddresses.PrivateIPAddress, api.InstanceAddress{IP: a})
	}
	out.NetworkInterfaces.NetworkInterfaces = api.Array[api.InstanceInterface]{{
		NetworkInterfaceID: i.Interface(), Type: api.InterfacePrimary, PrimaryIPAddress: first(addresses), PrivateIPSets: ipSets(addresses),
	}}
	return out
}

func first(addresses []string) string {
	if len(addresses) == 0 {
		return ""
	}
	return addresses[0]
}

// ipSets are the addresses of a network interface, the first of them its primary
// one.
func ipSets(addresses []string) (out api.PrivateIPSets) {
	for i, a := range addresses {
		out.PrivateIPSet = append(out.PrivateIPSet, api.PrivateIPSet{PrivateIPAddress: a, Primary: i == 0})
	}
	return out
}

// DescribeNetworkInterfaces lists the network interfaces that match all filters,
// those of the newest instances first.
func (s *instanceAPI) DescribeNetworkInterfaces(ctx context.Context, in *api.DescribeNetworkInterfacesInput) (out api.DescribeNetworkInterfacesOutput, err error) {
	err = s.store.View(ctx, func(r *store.Reader) error {
		var all []api.NetworkInterface
		instances := store.Instances.All(r)
		newestFirst(instances, instanceCreated)
		for _, i := range instances {
			if n := networkInterface(i, s.texts(i)); interfaceMatches(n, in, func(filter string) bool { return s.isAt(i, filter) }) {
				all = append(all, n)
			}
		}
		out.NetworkInterfaceSets.NetworkInterfaceSet, out.Page = page(all, in.PageNumber, in.PageSize)
		return nil
	})
	return out, err
}

func networkInterface(i elb.Instance, addresses []string) api.NetworkInterface {
	n := api.NetworkInterface{
		NetworkInterfaceID: i.Interface(), NetworkInterfaceName: i.Name, DomainName: i.DomainName, InstanceID: i.ID, InstanceName: i.Name,
		EnsRegionID: i.RegionID, NetworkID: i.NetworkID, VSwitchID: i.VSwitchID, Status: api.InterfaceInUse, Type: api.InterfacePrimary,
		PrimaryIP: first(addresses), PrimaryIPType: "Private", PrivateIPSets: ipSets(addresses), CreationTime: api.Timestamp(i.CreateTime),
	}
	if n.NetworkInterfaceID == i.ID { // registered without an instance
		n.InstanceID, n.InstanceName, n.Type = "", "", api.InterfaceSecondary
	}
	return n
}

func interfaceMatches(n api.NetworkInterface, in *api.DescribeNetworkInterfacesInput, isAt func(filter string) bool) bool {
	return in.SecurityGroup == "" &&
		oneOf(n.NetworkInterfaceID, in.InterfaceID, in.InterfaceIDs) && oneOf(n.NetworkInterfaceName, in.Name, nil) &&
		oneOf(n.InstanceID, in.InstanceID, nil) && oneOf(n.EnsRegionID, in.RegionID, in.RegionIDs) &&
		oneOf(n.NetworkID, in.NetworkID, nil) && oneOf(n.VSwitchID, in.VSwitchID, nil) &&
		oneOf(n.Type, in.Type, nil) && oneOf(n.Status, in.Status, nil) &&
		isAt(in.Address) && (len(in.IPv6Addresses) == 0 || slices.ContainsFunc(in.IPv6Addresses, isAt))
}
