package api

import (
	"net/netip"

	"elbow/internal/elb"
)

// CreateVSwitchInput requests a vSwitch.
type CreateVSwitchInput struct {
	RegionID    string
	NetworkID   string // "": the first start's
	CIDR        netip.Prefix
	Name        string // "": none
	Description string
	Tags        []elb.Tag
}

// Params lists the rows.
func (in *CreateVSwitchInput) Params() []Param {
	return append([]Param{
		{Name: "EnsRegionId", Label: "Region", Var: ID(&in.RegionID), Names: regionKind, Required: true, Doc: "The ID of the region of the network."},
		{Name: "CidrBlock", Label: "Address range", Var: vSwitchRange(&in.CIDR), Required: true, Doc: "The range that load balancers get their addresses from: a part of the network, with a prefix length from 16 to 29, or all of it. No other vSwitch, of whatever network, and no EIP has an address in it: one machine serves them all."},
		{Name: "NetworkId", Label: "Network", Var: ID(&in.NetworkID), Names: networkKind, Doc: "The ID of the network. Without one it is the network of the first start."},
		tagRow(&in.Tags, newTags),
	}, nameAndDescription("VSwitchName", &in.Name, &in.Description)...)
}

// CreateVSwitchOutput names the new vSwitch.
type CreateVSwitchOutput struct {
	VSwitchID string `json:"VSwitchId"`
}

// DescribeVSwitchAttributesInput names a vSwitch.
type DescribeVSwitchAttributesInput struct{ VSwitchID string }

// Params lists the rows.
func (in *DescribeVSwitchAttributesInput) Params() []Param { return []Param{vSwitchID(&in.VSwitchID)} }

func vSwitchID(p *string) Param {
	return Param{Name: "VSwitchId", Label: "vSwitch", Var: ID(p), Names: vSwitchKind, Required: true, Doc: "The ID of the vSwitch."}
}

// DescribeVSwitchAttributesOutput is a vSwitch with its content.
type DescribeVSwitchAttributesOutput struct {
	AvailableIPAddressCount int64 `json:"AvailableIpAddressCount"`
	CidrBlock               string
	CreatedTime             string
	Description             string
	EnsRegionID             string `json:"EnsRegionId"`
	NetworkID               string `json:"NetworkId"`
	Status                  string // Available
	Tags                    Tags
	VSwitchID               string `json:"VSwitchId"`
	VSwitchName             string
	Members
}

// ModifyVSwitchAttributeInput renames or describes a vSwitch.
type ModifyVSwitchAttributeInput struct {
	VSwitchID string
	TextChange
}

// Params lists the rows.
func (in *ModifyVSwitchAttributeInput) Params() []Param {
	return append([]Param{vSwitchID(&in.VSwitchID)}, nameAndDescription("VSwitchName", &in.name, &in.description)...)
}

// ModifyVSwitchAttributeOutput is empty.
type ModifyVSwitchAttributeOutput struct{}

// DeleteVSwitchInput names a vSwitch.
type DeleteVSwitchInput struct{ VSwitchID string }

// Params lists the rows.
func (in *DeleteVSwitchInput) Params() []Param { return []Param{vSwitchID(&in.VSwitchID)} }

// DeleteVSwitchOutput is empty.
type DeleteVSwitchOutput struct{}
