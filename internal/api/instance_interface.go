package api

// DescribeNetworkInterfacesInput filters network interfaces; all that is given must
// match.
type DescribeNetworkInterfacesInput struct {
	InterfaceID   string
	InterfaceIDs  []string
	Name          string
	InstanceID    string
	RegionID      string
	RegionIDs     []string
	NetworkID     string
	VSwitchID     string
	Type          string
	Status        string
	Address       string
	IPv6Addresses []string
	SecurityGroup string
	Detail        bool
	PageNumber    int
	PageSize      int
}

// Params lists the rows.
func (in *DescribeNetworkInterfacesInput) Params() []Param {
	return []Param{
		{Name: "NetworkInterfaceId", Var: ID(&in.InterfaceID), Doc: "The ID of a network interface."},
		{Name: "NetworkInterfaceIds", Var: IDs(&in.InterfaceIDs, maxListed), Doc: "The IDs of network interfaces."},
		{Name: "NetworkInterfaceName", Var: Text(&in.Name, 1, maxFree), Doc: "The name of network interfaces."},
		{Name: "InstanceId", Var: ID(&in.InstanceID), Names: instanceKind, Doc: "The ID of the instance of network interfaces."},
		{Name: "EnsRegionId", Label: "Region", Var: ID(&in.RegionID), Names: regionKind, Doc: "The ID of a region."},
		{Name: "EnsRegionIds", Var: IDs(&in.RegionIDs, maxListed), Doc: "The IDs of regions."},
		{Name: "NetworkId", Label: "Network", Var: ID(&in.NetworkID), Names: networkKind, Doc: "The ID of a network."},
		{Name: "VSwitchId", Label: "vSwitch", Var: ID(&in.VSwitchID), Names: vSwitchKind, Doc: "The ID of a vSwitch."},
		{Name: "Type", Var: OneOf(&in.Type, InterfacePrimary, InterfaceSecondary), Doc: "The type of network interfaces: that of an instance, or one that was registered by itself."},
		{Name: "Status", Var: OneOf(&in.Status, InterfaceInUse, "Available", "CreateFailed", "Creating", "Attaching", "Detaching", "Deleting"), Doc: "The status of network interfaces. A registered one is InUse."},
		{Name: "PrimaryIpAddress", Var: Text(&in.Address, 1, maxFree), Doc: "The address of a network interface."},
		{Name: "Ipv6Address", Var: IDs(&in.IPv6Addresses, maxListed), Doc: "IPv6 addresses of network interfaces."},
		{Name: "SecurityGroupId", Var: ID(&in.SecurityGroup), Doc: "The ID of a security group. There are none, so any matches none."},
		{Name: "ShowDetail", Var: Bool(&in.Detail), Default: "false", Doc: "Accepted for compatibility, without effect: everything is always shown."},
		pageNumber(&in.PageNumber), nextPage(&in.PageNumber),
		pageSize(&in.PageSize, 1, 100),
	}
}

// The values of a network interface.
const (
	InterfacePrimary   = "Primary"
	InterfaceSecondary = "Secondary"
	InterfaceInUse     = "InUse"
)

// DescribeNetworkInterfacesOutput is one page of network interfaces.
type DescribeNetworkInterfacesOutput struct {
	NetworkInterfaceSets NetworkInterfaceSets
	Page
}

// NetworkInterfaceSets wraps the list as the wire does.
type NetworkInterfaceSets struct {
	NetworkInterfaceSet Array[NetworkInterface]
}

// A NetworkInterface is an entry of the list.
type NetworkInterface struct {
	NetworkInterfaceID   string `json:"NetworkInterfaceId"`
	NetworkInterfaceName string
	DomainName           string `json:",omitempty"` // instead of an address; not in the documentation of ENS
	InstanceID           string `json:"InstanceId"`
	InstanceName         string
	EnsRegionID          string `json:"EnsRegionId"`
	NetworkID            string `json:"NetworkId"`
	VSwitchID            string `json:"VSwitchId"`
	Status               string
	Type                 string
	PrimaryIP            string        `json:"PrimaryIp"`
	PrimaryIPType        string        `json:"PrimaryIpType"`
	PrivateIPSets        PrivateIPSets `json:"PrivateIpSets"`
	IPv6Sets             IPv6Sets      `json:"Ipv6Sets"`
	SecurityGroupIDs     struct {
		SecurityGroup Array[string]
	} `json:"SecurityGroupIds"`
	MacAddress   string
	Description  string
	CreationTime string
}
