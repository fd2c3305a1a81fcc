package api

import "elbow/internal/elb"

// DescribeEnsRegionsInput names a region, or none for all.
type DescribeEnsRegionsInput struct{ RegionID string }

// Params lists the rows.
func (in *DescribeEnsRegionsInput) Params() []Param {
	return []Param{
		{Name: "EnsRegionId", Label: "Region", Var: ID(&in.RegionID), Names: regionKind, Doc: "The ID of a region; without one all are listed."},
	}
}

// DescribeEnsRegionsOutput lists regions. Code is always 0.
type DescribeEnsRegionsOutput struct {
	Code       int
	EnsRegions EnsRegions
}

// EnsRegions wraps the list as on the wire: under its own name.
type EnsRegions struct {
	EnsRegions Array[EnsRegion]
}

// An EnsRegion is an entry of the list.
type EnsRegion struct {
	Area        string
	EnName      string
	EnsRegionID string `json:"EnsRegionId"`
	Name        string
	Province    string
}

// DescribeNetworksInput filters networks.
type DescribeNetworksInput struct {
	RegionID   string
	RegionIDs  []string
	NetworkID  string
	NetworkIDs []string
	Name       string
	Tags       []elb.Tag
	PageNumber int
	PageSize   int
}

// Params lists the rows.
func (in *DescribeNetworksInput) Params() []Param {
	return []Param{
		{Name: "EnsRegionId", Label: "Region", Var: ID(&in.RegionID), Names: regionKind, Doc: "The ID of a region."},
		{Name: "EnsRegionIds", Var: IDs(&in.RegionIDs, maxListed), Doc: "The IDs of regions."},
		{Name: "NetworkId", Label: "Network", Var: ID(&in.NetworkID), Names: networkKind, Doc: "The ID of a network."},
		{Name: "NetworkIds", Var: IDs(&in.NetworkIDs, maxListed), Doc: "The IDs of networks."},
		{Name: "NetworkName", Var: Text(&in.Name, 1, maxFree), Doc: "The name of networks."},
		tagRow(&in.Tags, filterTags),
		pageNumber(&in.PageNumber), nextPage(&in.PageNumber),
		pageSize(&in.PageSize, 1, 50),
	}
}

// DescribeNetworksOutput is one page of networks.
type DescribeNetworksOutput struct {
	Networks Networks
	Page
}

// Networks wraps the list as the wire does.
type Networks struct {
	Network Array[Network]
}

// A Network is an entry of the list. Route tables, access lists and secondary
// ranges are always empty.
type Network struct {
	CidrBlock           string
	CreatedTime         string
	Description         string
	EnsRegionID         string `json:"EnsRegionId"`
	GatewayRouteTableID string `json:"GatewayRouteTableId"`
	NetworkACLID        string `json:"NetworkAclId"`
	NetworkID           string `json:"NetworkId"`
	NetworkName         string
	RouteTableID        string        `json:"RouteTableId"`
	RouteTableIDs       RouteTableIDs `json:"RouteTableIds"`
	RouterTableID       string        `json:"RouterTableId"`
	SecondaryCidrBlocks SecondaryCidrBlocks
	Status              string // Pending or Available
	Tags                Tags
	VSwitchIDs          VSwitchIDs `json:"VSwitchIds"`
}

// RouteTableIDs wraps the list as the wire does.
type RouteTableIDs struct {
	RouteTableID Array[string] `json:"RouteTableId"`
}

// SecondaryCidrBlocks wraps the list as the wire does.
type SecondaryCidrBlocks struct {
	SecondaryCidrBlock Array[string]
}

// VSwitchIDs wraps the list as the wire does.
type VSwitchIDs struct {
	VSwitchID Array[string] `json:"VSwitchId"`
}

// Tags wraps the list as the wire does.
type Tags struct {
	Tag Array[Tag]
}

// A Tag is a key and its value.
type Tag struct {
	Key   string
	Value string
}

// DescribeVSwitchesInput filters vSwitches.
type DescribeVSwitchesInput struct {
	RegionID   string
	RegionIDs  []string
	NetworkID  string
	VSwitchID  string
	VSwitchIDs []string
	Name       string
	Tags       []elb.Tag
	PageNumber int
	PageSize   int
}

// Params lists the rows.
func (in *DescribeVSwitchesInput) Params() []Param {
	return []Param{
		{Name: "EnsRegionId", Label: "Region", Var: ID(&in.RegionID), Names: regionKind, Doc: "The ID of a region."},
		{Name: "EnsRegionIds", Var: IDs(&in.RegionIDs, maxListed), Doc: "The IDs of regions."},
		{Name: "NetworkId", Label: "Network", Var: ID(&in.NetworkID), Names: networkKind, Doc: "The ID of a network."},
		{Name: "VSwitchId", Label: "vSwitch", Var: ID(&in.VSwitchID), Names: vSwitchKind, Doc: "The ID of a vSwitch."},
		{Name: "VSwitchIds", Var: IDs(&in.VSwitchIDs, maxListed), Doc: "The IDs of vSwitches."},
		{Name: "VSwitchName", Var: Text(&in.Name, 1, maxFree), Doc: "The name of vSwitches."},
		tagRow(&in.Tags, filterTags),
		pageNumber(&in.PageNumber), nextPage(&in.PageNumber),
		pageSize(&in.PageSize, 1, 50),
	}
}

// DescribeVSwitchesOutput is one page of vSwitches.
type DescribeVSwitchesOutput struct {
	VSwitches VSwitches
	Page
}

// VSwitches wraps the list as the wire does.
type VSwitches struct {
	VSwitch Array[VSwitch]
}

// A VSwitch is an entry of the list.
type VSwitch struct {
	CidrBlock   string
	CreatedTime string
	Description string
	EnsRegionID string `json:"EnsRegionId"`
	FreeIPCount int64  `json:"FreeIpCount"`
	NetworkID   string `json:"NetworkId"`
	Status      string // Pending or Available
	Tags        Tags
	VSwitchID   string `json:"VSwitchId"`
	VSwitchName string
}
