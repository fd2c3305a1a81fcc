package api

// DescribeInstancesInput filters instances; all filters given must match.
// Unmatched holds filters on properties that registered servers do not have.
type DescribeInstancesInput struct {
	InstanceID  string
	InstanceIDs []string
	Name        string
	Search      string // part of an id, a name or an address
	RegionID    string
	RegionIDs   []string
	NetworkID   string
	VSwitchID   string
	Status      string
	Address     string
	PageNumber  int
	PageSize    int

	Order         string
	Image         string
	SecurityGroup string
	Type          string
	Service       string
	ResourceType  string
	ServiceStatus string // a JSON array; the SDK always sends it, as null
	Tags          string // a JSON array, too
}

// Params lists the rows.
func (in *DescribeInstancesInput) Params() []Param {
	none := func(name, what string, p *string) Param {
		return Param{Name: name, Var: Text(p, 1, 1024), Doc: what + ". No registered server has one, so any matches none."}
	}
	return []Param{
		{Name: "InstanceId", Var: ID(&in.InstanceID), Names: instanceKind, Doc: "The ID of an instance."},
		{Name: "InstanceIds", Var: idArray(&in.InstanceIDs, maxListed), Doc: "The IDs of instances, a JSON array."},
		{Name: "InstanceName", Var: Text(&in.Name, 1, maxFree), Doc: "The name of instances."},
		{Name: "SearchKey", Var: Text(&in.Search, 1, maxFree), Doc: "A part of the ID, the name or the address of instances."},
		{Name: "EnsRegionId", Label: "Region", Var: ID(&in.RegionID), Names: regionKind, Doc: "The ID of a region."},
		{Name: "EnsRegionIds", Var: idArray(&in.RegionIDs, maxListed), Doc: "The IDs of regions, a JSON array."},
		{Name: "NetworkId", Label: "Network", Var: ID(&in.NetworkID), Names: networkKind, Doc: "The ID of a network."},
		{Name: "VSwitchId", Label: "vSwitch", Var: ID(&in.VSwitchID), Names: vSwitchKind, Doc: "The ID of a vSwitch."},
		{Name: "Status", Var: OneOf(&in.Status, instanceRunning, "Expired", "Stopped"), Doc: "The status of instances. A registered server is Running."},
		{Name: "IntranetIp", Var: Text(&in.Address, 1, maxFree), Doc: "The address of an instance."},
		{Name: "OrderByParams", Var: Text(&in.Order, 1, 1024), Doc: "Accepted for compatibility, without effect."},
		none("ImageId", "The ID of an image", &in.Image),
		none("SecurityGroupId", "The ID of a security group", &in.SecurityGroup),
		none("InstanceType", "The type of instances", &in.Type),
		none("EnsServiceId", "The ID of an edge service", &in.Service),
		none("InstanceResourceType", "The type of a resource", &in.ResourceType),
		none("ServiceStatus", "The status of an edge service, a JSON array", &in.ServiceStatus),
		none("Tags", "Tags, a JSON array", &in.Tags),
		pageNumber(&in.PageNumber), nextPage(&in.PageNumber),
		pageSize(&in.PageSize, 1, 100),
	}
}

// Impossible reports whether a filter is given that no registered server matches.
func (in *DescribeInstancesInput) Impossible() bool {
	for _, s := range []string{in.Image, in.SecurityGroup, in.Type, in.Service, in.ResourceType, in.ServiceStatus, in.Tags} {
		if s != "" && s != "null" && s != "[]" {
			return true
		}
	}
	return in.Status != "" && in.Status != instanceRunning
}

// instanceRunning is the status of every registered server: health checks find
// out whether it is reachable.
const instanceRunning = "Running"

// DescribeInstancesOutput is one page of instances. Code is always 0.
type DescribeInstancesOutput struct {
	Code      int
	Instances Instances
	Page

	// InstanceRanges are those of RegisterInstanceRange. Not in the documentation
	// of ENS.
	InstanceRanges Array[string]
}

// Instances wraps the list as on the wire.
type Instances struct{ Instance Array[Instance] }

// An Instance is an entry of the list. Fields of servers that ENS created are
// always empty.
type Instance struct {
	InstanceID              string `json:"InstanceId"`
	InstanceName            string
	HostName                string
	DomainName              string `json:",omitempty"` // as registered; not in the documentation of ENS
	Status                  string
	EnsRegionID             string `json:"EnsRegionId"`
	CreationTime            string
	NetworkAttributes       NetworkAttributes
	PrivateIPAddresses      PrivateIPAddresses `json:"PrivateIpAddresses"`
	InnerIPAddress          IPAddresses        `json:"InnerIpAddress"`
	PublicIPAddress         IPAddresses        `json:"PublicIpAddress"`
	PublicIPAddresses       PublicIPAddresses  `json:"PublicIpAddresses"`
	NetworkInterfaces       InstanceInterfaces
	SecurityGroupIDs        SecurityGroupIDs `json:"SecurityGroupIds"`
	SystemDisk              SystemDisk
	DataDisk                DataDisks
	Tags                    InstanceTags
	SpecName                string
	InstanceResourceType    string
	ImageID                 string `json:"ImageId"`
	OSName                  string
	AutoReleaseTime         string
	InternetMaxBandwidthOut int
	InternetMaxBandwidthIn  int
	InstanceTypeFamily      string
	StatusDescrip           string
	CPU                     string `json:"Cpu"`
	ExpiredTime             string
	UpdateTime              string
	Memory                  int
	ServiceStatus           string
	StartTime               string
	KeyPairName             string
	Disk                    int
	SpotStrategy            string
}

// NetworkAttributes are the network and addresses of an instance.
type NetworkAttributes struct {
	NetworkID        string      `json:"NetworkId"`
	VSwitchID        string      `json:"VSwitchId"`
	PrivateIPAddress IPAddresses `json:"PrivateIpAddress"`
}

// IPAddresses wraps addresses as the wire does.
type IPAddresses struct {
	IPAddress Array[string] `json:"IpAddress"`
}

// PrivateIPAddresses wraps addresses as the wire does.
type PrivateIPAddresses struct {
	PrivateIPAddress Array[InstanceAddress] `json:"PrivateIpAddress"`
}

// PublicIPAddresses wraps addresses as the wire does.
type PublicIPAddresses struct {
	PublicIPAddress Array[InstanceAddress] `json:"PublicIpAddress"`
}

// An InstanceAddress is an address of an instance.
type InstanceAddress struct {
	IP      string `json:"Ip"`
	Isp     string
	GateWay string
}

// InstanceInterfaces wraps network interfaces as the wire does.
type InstanceInterfaces struct {
	NetworkInterfaces Array[InstanceInterface]
}

// An InstanceInterface is a network interface of an instance.
type InstanceInterface struct {
	NetworkInterfaceID string `json:"NetworkInterfaceId"`
	Type               string
	MacAddress         string
	PrimaryIPAddress   string        `json:"PrimaryIpAddress"`
	PrivateIPSets      PrivateIPSets `json:"PrivateIpSets"`
	IPv6Sets           IPv6Sets      `json:"Ipv6Sets"`
}

// PrivateIPSets wraps addresses as the wire does.
type PrivateIPSets struct {
	PrivateIPSet Array[PrivateIPSet] `json:"PrivateIpSet"`
}

// A PrivateIPSet is an address of a network interface.
type PrivateIPSet struct {
	PrivateIPAddress string `json:"PrivateIpAddress"`
	Primary          bool
}

// IPv6Sets is always empty: an IPv6 address is in PrivateIPSets.
type IPv6Sets struct {
	IPv6Set Array[IPv6Set] `json:"Ipv6Set"`
}

// An IPv6Set is an IPv6 address of a network interface.
type IPv6Set struct {
	IPv6Address string `json:"Ipv6Address"`
}

// SecurityGroupIDs is always empty.
type SecurityGroupIDs struct {
	SecurityGroupID Array[string] `json:"SecurityGroupId"`
}

// SystemDisk is always empty.
type SystemDisk struct {
	DeviceType string `json:"device_type"`
	DiskType   string `json:"disk_type"`
	Size       int
	DiskName   string
	UUID       string `json:"uuid"`
	Storage    int    `json:"storage"`
	DiskID     string `json:"DiskId"`
	Category   string
	Name       string `json:"name"`
}

// DataDisks is always empty.
type DataDisks struct {
	DataDisk Array[DataDisk]
}

// A DataDisk is a disk of an instance.
type DataDisk struct {
	SystemDisk
	DiskSize     int
	EncryptKeyID string `json:"EncryptKeyId"`
	Encrypted    bool
}

// InstanceTags is always empty.
type InstanceTags struct {
	Tags Array[InstanceTag]
}

// An InstanceTag is a tag of an instance.
type InstanceTag struct {
	TagKey   string
	TagValue string
}
