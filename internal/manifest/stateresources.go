package manifest

import (
	"cmp"
	"context"
	"strconv"

	"go.yaml.in/yaml/v4"

	"elbow/internal/api"
)

// FetchResources reads the networks, vSwitches, EIPs and instances of the server into s.
func (s *State) FetchResources(ctx context.Context, call Caller) error {
	names := make(map[string]string) // of networks, by id
	var nets []api.Network
	err := pagesOf(ctx, call, api.EnsVersion, "DescribeNetworks", "PageNumber", "PageSize", 50, func(page *api.DescribeNetworksOutput) (int, int) {
		nets = append(nets, page.Networks.Network...)
		return len(page.Networks.Network), page.TotalCount
	})
	if err != nil {
		return err
	}
	for _, n := range oldestFirst(nets, func(n *api.Network) string { return n.NetworkID }) {
		names[n.NetworkID] = n.NetworkName
		s.addResource(networks, n.NetworkID, n.NetworkName, "", map[string]string{"EnsRegionId": n.EnsRegionID, "CidrBlock": n.CidrBlock, "Description": n.Description})
	}
	var switches []api.VSwitch
	err = pagesOf(ctx, call, api.EnsVersion, "DescribeVSwitches", "PageNumber", "PageSize", 50, func(page *api.DescribeVSwitchesOutput) (int, int) {
		switches = append(switches, page.VSwitches.VSwitch...)
		return len(page.VSwitches.VSwitch), page.TotalCount
	})
	if err != nil {
		return err
	}
	for _, v := range oldestFirst(switches, func(v *api.VSwitch) string { return v.VSwitchID }) {
		s.addResource(vSwitches, v.VSwitchID, v.VSwitchName, names[v.NetworkID], map[string]string{"EnsRegionId": v.EnsRegionID, "CidrBlock": v.CidrBlock, "Description": v.Description})
	}
	var addresses []api.EipAddress
	err = pages(ctx, call, api.EnsVersion, "DescribeEnsEipAddresses", "PageNumber", "PageSize", func(page *api.DescribeEnsEipAddressesOutput) (int, int) {
		addresses = append(addresses, page.EipAddresses.EipAddress...)
		return len(page.EipAddresses.EipAddress), page.TotalCount
	})
	if err != nil {
		return err
	}
	for _, e := range oldestFirst(addresses, func(e *api.EipAddress) string { return e.AllocationID }) {
		r := s.addResource(eips, e.AllocationID, e.Name, "", map[string]string{
			"EnsRegionId": e.EnsRegionID, "Isp": e.Isp, "IpAddress": e.IPAddress, "Bandwidth": strconv.Itoa(e.Bandwidth), "Description": e.Description,
		})
		r.balancerID = e.InstanceID
	}
	return s.fetchInstances(ctx, call)
}

// fetchInstances reads the registered servers: each has a network interface, and those
// that are registered as one have nothing else.
func (s *State) fetchInstances(ctx context.Context, call Caller) error {
	var all []api.NetworkInterface
	err := pages(ctx, call, api.EnsVersion, "DescribeNetworkInterfaces", "PageNumber", "PageSize", func(page *api.DescribeNetworkInterfacesOutput) (int, int) {
		all = append(all, page.NetworkInterfaceSets.NetworkInterfaceSet...)
		return len(page.NetworkInterfaceSets.NetworkInterfaceSet), page.TotalCount
	})
	if err != nil {
		return err
	}
	for _, i := range oldestFirst(all, func(i *api.NetworkInterface) string { return i.NetworkInterfaceID }) {
		id, address := cmp.Or(i.InstanceID, i.NetworkInterfaceID), i.PrimaryIP
		if i.DomainName != "" {
			address = "" // one of those that the name has at present
		}
		s.addResource(instances, id, id, "", map[string]string{
			"PrivateIpAddress": address, "DomainName": i.DomainName, "InstanceName": i.NetworkInterfaceName,
			"EnsRegionId": i.EnsRegionID, "NetworkId": i.NetworkID, "VSwitchId": i.VSwitchID,
		})
	}
	return nil
}

func (s *State) addResource(k *kind, id, name, network string, fields map[string]string) *StoredResource {
	s.Resources = append(s.Resources, StoredResource{ID: id, Resource: Resource{Name: name, Fields: fields, kind: k, network: network}})
	return &s.Resources[len(s.Resources)-1]
}

// named reports whether a manifest can have a resource: it has a name that no other has,
// is none that every server has, and a vSwitch is in such a network.
func (s *State) named(r *StoredResource) bool {
	if r.Name == "" || r.ID == r.kind.builtIn {
		return false
	}
	inNetwork := r.kind != vSwitches
	for i := range s.Resources {
		o := &s.Resources[i]
		if o.ID != r.ID && o.key() == r.key() {
			return false
		}
		if !inNetwork && o.kind == networks && o.Name == r.network {
			inNetwork = s.named(o)
		}
	}
	return inNetwork
}

// resourceNodes are the sections of networks, EIPs and instances. What has no name, or
// shares one, is left out.
func (s *State) resourceNodes() (nets, addresses, servers []*yaml.Node) {
	for i := range s.Resources {
		r := &s.Resources[i]
		if !s.named(r) || r.kind == vSwitches {
			continue
		}
		n := r.node()
		if r.kind == instances {
			servers = append(servers, n)
			continue
		}
		if r.kind == eips {
			for _, lb := range s.LoadBalancers {
				if lb.ID == r.balancerID && !lb.Shared {
					extend(n, "LoadBalancerName", text(lb.Name))
				}
			}
			addresses = append(addresses, n)
			continue
		}
		var switches []*yaml.Node
		for j := range s.Resources {
			if v := &s.Resources[j]; v.kind == vSwitches && v.network == r.Name && s.named(v) {
				switches = append(switches, v.node())
			}
		}
		extend(n, "VSwitches", list(switches))
		nets = append(nets, n)
	}
	return nets, addresses, servers
}

func (r *StoredResource) node() *yaml.Node {
	n := mapping(r.kind.name, text(r.Name))
	for _, names := range [][]string{r.kind.fixed, r.kind.free} {
		for _, name := range names {
			value := r.Fields[name]
			if name == "InstanceName" && value == r.Name {
				continue // the default
			}
			if value != "" && value != r.kind.defaults[name] {
				extend(n, name, text(value))
			}
		}
	}
	return n
}

// placeNames are the names of the network and vSwitch of a load balancer, if a manifest
// can have them.
func (s *State) placeNames(lb *LoadBalancer) (network, vSwitch string) {
	for i := range s.Resources {
		if r := &s.Resources[i]; r.kind == vSwitches && r.ID == lb.Fields["VSwitchId"] && s.named(r) {
			return r.network, r.Name
		}
	}
	return "", ""
}
