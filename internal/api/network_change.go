package api

import (
	"errors"
	"maps"
	"net/netip"

	"elbow/internal/elb"
)

// CreateNetworkInput requests a network.
type CreateNetworkInput struct {
	RegionID    string
	CIDR        netip.Prefix
	Name        string // "": none
	Description string
	Tags        []elb.Tag
}

// Params lists the rows.
func (in *CreateNetworkInput) Params() []Param {
	return append([]Param{
		{Name: "EnsRegionId", Label: "Region", Var: ID(&in.RegionID), Names: regionKind, Required: true, Doc: "The ID of the region that the network is created in."},
		{Name: "CidrBlock", Label: "Address range", Var: networkRange(&in.CIDR), Required: true, Doc: "The range of addresses: 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or a part of one of them. Or, which is not in the documents of ENS, a part of 127.0.0.0/8, whose addresses Linux serves without any set-up. Networks may have addresses in common; vSwitches may not."},
		tagRow(&in.Tags, newTags),
	}, nameAndDescription("NetworkName", &in.Name, &in.Description)...)
}

// nameAndDescription are the text rows of networks and vSwitches.
func nameAndDescription(name string, n, description *string) []Param {
	return []Param{
		{Name: name, Var: Text(n, 2, 128, notURL, letterFirst), Doc: "The name."},
		{Name: "Description", Var: Text(description, 2, 256, notURL), Doc: "The description."},
	}
}

// CreateNetworkOutput names the new network.
type CreateNetworkOutput struct {
	NetworkID string `json:"NetworkId"`
}

// DescribeNetworkAttributeInput names a network.
type DescribeNetworkAttributeInput struct{ NetworkID string }

// Params lists the rows.
func (in *DescribeNetworkAttributeInput) Params() []Param { return []Param{networkID(&in.NetworkID)} }

func networkID(p *string) Param {
	return Param{Name: "NetworkId", Label: "Network", Var: ID(p), Names: networkKind, Required: true, Doc: "The ID of the network."}
}

// DescribeNetworkAttributeOutput is a network with its content.
type DescribeNetworkAttributeOutput struct {
	Network
	CloudResources CloudResources
	Members
}

// Members list the content of a network or a vSwitch.
type Members struct {
	HaVipIDs            HaVipIDs            `json:"HaVipIds"`    // always empty
	InstanceIDs         InstanceIDs         `json:"InstanceIds"` // registered ones
	LoadBalancerIDs     LoadBalancerIDs     `json:"LoadBalancerIds"`
	NatGatewayIDs       NatGatewayIDs       `json:"NatGatewayIds"` // always empty
	NetworkInterfaceIDs NetworkInterfaceIDs `json:"NetworkInterfaceIds"`
}

// HaVipIDs wraps the list as the wire does.
type HaVipIDs struct {
	HaVipID Array[string] `json:"HaVipId"`
}

// InstanceIDs wraps the list as the wire does.
type InstanceIDs struct {
	InstanceID Array[string] `json:"InstanceId"`
}

// LoadBalancerIDs wraps the list as the wire does.
type LoadBalancerIDs struct {
	LoadBalancerID Array[string] `json:"LoadBalancerId"`
}

// NatGatewayIDs wraps the list as the wire does.
type NatGatewayIDs struct {
	NatGatewayID Array[string] `json:"NatGatewayId"`
}

// NetworkInterfaceIDs wraps the list as the wire does.
type NetworkInterfaceIDs struct {
	NetworkInterfaceID Array[string] `json:"NetworkInterfaceId"`
}

// CloudResources wraps the list as the wire does.
type CloudResources struct {
	CloudResourceSetType Array[CloudResource]
}

// A CloudResource is the number of resources of one type in a network.
type CloudResource struct {
	ResourceCount int
	ResourceType  string // vswitch, slb or instance
}

// ModifyNetworkAttributeInput renames or describes a network.
type ModifyNetworkAttributeInput struct {
	NetworkID string
	TextChange
}

// Params lists the rows.
func (in *ModifyNetworkAttributeInput) Params() []Param {
	return append([]Param{networkID(&in.NetworkID)}, nameAndDescription("NetworkName", &in.name, &in.description)...)
}

// ModifyNetworkAttributeOutput is empty.
type ModifyNetworkAttributeOutput struct{}

// A TextChange is a new name, a new description, or both.
type TextChange struct {
	name, description string
	given             map[string]string
}

func (c *TextChange) complete(values map[string]string) error {
	c.given = maps.Clone(values)
	return nil
}

// Apply changes the given fields; an empty value clears one. nameOf is the
// parameter with the name.
func (c *TextChange) Apply(nameOf string, name, description *string) {
	if _, ok := c.given[nameOf]; ok {
		*name = c.name
	}
	if _, ok := c.given["Description"]; ok {
		*description = c.description
	}
}

// DeleteNetworkInput names a network.
type DeleteNetworkInput struct{ NetworkID string }

// Params lists the rows.
func (in *DeleteNetworkInput) Params() []Param { return []Param{networkID(&in.NetworkID)} }

// DeleteNetworkOutput is empty.
type DeleteNetworkOutput struct{}

// DescribeRegionIspsInput names a region.
type DescribeRegionIspsInput struct{ RegionID string }

// Params lists the rows.
func (in *DescribeRegionIspsInput) Params() []Param {
	return []Param{
		{Name: "EnsRegionId", Label: "Region", Var: ID(&in.RegionID), Names: regionKind, Required: true, Doc: "The ID of a region."},
	}
}

// DescribeRegionIspsOutput lists carriers. The array is not wrapped.
type DescribeRegionIspsOutput struct{ Isps Array[Isp] }

// An Isp is a carrier.
type Isp struct {
	Code string // cmcc, unicom or telecom
	Name string
}

// networkRange is a range that a network can have.
func networkRange(p *netip.Prefix) Var {
	return cidrVar{p, elb.CheckNetwork, Shape{
		Type: String, Rule: "must be a range of addresses in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 127.0.0.0/8 with a prefix length from 8 to 29 and no bits after the prefix",
		Valid: []string{"10.0.0.0/8", "172.16.0.0/12", "172.31.255.248/29", "192.168.0.0/16", "127.0.0.0/8"},
		Wrong: []string{"10.0.0.0", "10.0.0.0/7", "10.0.0.0/30", "10.0.0.1/16", "172.16.0.0/11", "172.32.0.0/16", "192.168.0.0/15", "8.8.8.0/24", "0.0.0.0/0", "fd00::/16", "::ffff:10.0.0.0/104", "x"},
	}}
}

// vSwitchRange is a range of addresses. The server, which knows the network,
// checks its size.
func vSwitchRange(p *netip.Prefix) Var {
	check := func(cidr netip.Prefix) error {
		if !cidr.IsValid() || cidr != cidr.Masked() || cidr.Addr().Is4In6() {
			return errors.New("must be a range of addresses without bits after its prefix, as 10.1.0.0/24")
		}
		return nil
	}
	return cidrVar{p, check, Shape{
		Type: String, Rule: "must be a range of addresses with a prefix length from 16 to 29 and no bits after the prefix",
		Valid: []string{"10.0.0.0/16", "192.168.0.8/29"},
		Wrong: []string{"10.0.0.0", "10.0.0.1/16", "10.0.0/16", "10.0.0.0/33", "::ffff:10.0.0.0/120", "x"},
	}}
}

type cidrVar struct {
	p     *netip.Prefix
	check func(netip.Prefix) error
	shape Shape
}

func (v cidrVar) Set(s string) error {
	cidr, err := netip.ParsePrefix(s)
	if err != nil {
		return errors.New(v.shape.Rule)
	}
	if err := v.check(cidr); err != nil {
		return err
	}
	*v.p = cidr
	return nil
}

func (v cidrVar) Value() any {
	if !v.p.IsValid() {
		return ""
	}
	return v.p.String()
}

func (v cidrVar) Shape() Shape { return v.shape }
