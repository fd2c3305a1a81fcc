package api

import "elbow/internal/elb"

// CreateLoadBalancerInput asks for a load balancer.
type CreateLoadBalancerInput struct {
	RegionID    string
	Spec        string
	NetworkID   string
	VSwitchID   string
	PayType     string
	Name        string // "": the server makes one
	ClientToken string // "": not idempotent
	Cycle       string // BillingCycle: taken, without effect
	Type        string // LoadBalancerType: taken, without effect
}

// Params lists the rows.
func (in *CreateLoadBalancerInput) Params() []Param {
	return []Param{
		{Name: "EnsRegionId", Label: "Region", Var: ID(&in.RegionID), Names: regionKind, Required: true, Doc: "The ID of the region that the load balancer is created in."},
		{Name: "LoadBalancerSpec", Label: "Specification", Var: OneOf(&in.Spec, elb.Specs...), Required: true, Doc: "The specification of the load balancer. It is recorded and reported; capacity is not cut by it."},
		{Name: "NetworkId", Label: "Network", Var: ID(&in.NetworkID), Names: networkKind, Required: true, Doc: "The ID of the network."},
		{Name: "VSwitchId", Label: "vSwitch", Var: ID(&in.VSwitchID), Names: vSwitchKind, Required: true, Doc: "The ID of the vSwitch. The address of the load balancer is the next free one of its range."},
		{Name: "PayType", Var: OneOf(&in.PayType, "PostPaid"), Required: true, Doc: "The billing method."},
		{Name: "LoadBalancerName", Label: "Name", Var: Text(&in.Name, 1, 80, notURL), Doc: "The name of the load balancer. Without one the server makes one."},
		clientToken(&in.ClientToken),
		{Name: "BillingCycle", Var: Text(&in.Cycle, 1, maxFree), Doc: "Accepted for compatibility, without effect."},
		{Name: "LoadBalancerType", Var: Text(&in.Type, 1, maxFree), Doc: "Accepted for compatibility, without effect."},
	}
}

// maxFree is the length in characters of a text that the documents say nothing
// of: room for every value seen, and a bound on what the store must hold.
const maxFree = 128

// CreateLoadBalancerOutput names the new load balancer.
type CreateLoadBalancerOutput struct {
	LoadBalancerID   string `json:"LoadBalancerId"`
	LoadBalancerName string
	NetworkID        string `json:"NetworkId"`
	VSwitchID        string `json:"VSwitchId"`
}

// DescribeLoadBalancersInput filters load balancers; all that is given must
// match.
type DescribeLoadBalancersInput struct {
	Address        string
	RegionID       string
	RegionIDs      []string
	LoadBalancerID string
	Name           string
	Status         elb.LoadBalancerStatus
	Type           string
	NetworkID      string
	ServerID       string // of a backend
	VSwitchID      string
	PageNumber     int
	PageSize       int
}

// Params lists the rows.
func (in *DescribeLoadBalancersInput) Params() []Param {
	return []Param{
		{Name: "Address", Var: Text(&in.Address, 1, maxFree), Doc: "The address of a load balancer."},
		{Name: "EnsRegionId", Label: "Region", Var: ID(&in.RegionID), Names: regionKind, Doc: "The ID of a region."},
		{Name: "EnsRegionIds", Var: IDs(&in.RegionIDs, maxListed), Doc: "The IDs of regions."},
		{Name: "LoadBalancerId", Var: ID(&in.LoadBalancerID), Names: loadBalancerKind, Doc: "The ID of a load balancer."},
		{Name: "LoadBalancerName", Label: "Name", Var: Text(&in.Name, 1, maxFree), Doc: "The name of load balancers."},
		{Name: "LoadBalancerStatus", Var: OneOf(&in.Status, elb.Active, elb.InActive), Doc: "The status of load balancers."},
		{Name: "LoadBalancerType", Var: Text(&in.Type, 1, maxFree), Doc: "The type of load balancers."},
		{Name: "NetworkId", Label: "Network", Var: ID(&in.NetworkID), Names: networkKind, Doc: "The ID of a network."},
		{Name: "ServerId", Var: ID(&in.ServerID), Names: instanceKind, Doc: "The ID of a backend server."},
		{Name: "VSwitchId", Label: "vSwitch", Var: ID(&in.VSwitchID), Names: vSwitchKind, Doc: "The ID of a vSwitch."},
		pageNumber(&in.PageNumber),
		pageSize(&in.PageSize, 10, 100),
	}
}

// maxListed bounds the items of a list parameter, as the documents do for tags
// and IDs elsewhere.
const maxListed = 100

func pageNumber(p *int) Param {
	return Param{Name: "PageNumber", Var: Int(p, 1, maxPage), Default: "1", Doc: "The page of the answer, counted from 1."}
}

// maxPage keeps PageNumber times PageSize inside 32 bits.
const maxPage = 1_000_000

func pageSize(p *int, min, max int) Param {
	return Param{Name: "PageSize", Var: Int(p, min, max), Default: "10", Doc: "How many entries a page has."}
}

// DescribeLoadBalancersOutput is one page of load balancers.
type DescribeLoadBalancersOutput struct {
	LoadBalancers LoadBalancers
	Page
}

// LoadBalancers wraps the list as the wire does.
type LoadBalancers struct {
	LoadBalancer Array[LoadBalancer]
}

// A LoadBalancer is an entry of the list.
type LoadBalancer struct {
	Address            string
	AddressIPVersion   string // ipv4 or ipv6
	AddressType        string
	CreateTime         string // 2021-05-06T11:13:41Z
	EnsRegionID        string `json:"EnsRegionId"`
	LoadBalancerID     string `json:"LoadBalancerId"`
	LoadBalancerName   string
	LoadBalancerStatus elb.LoadBalancerStatus
	LoadBalancerType   string
	NetworkID          string `json:"NetworkId"`
	PayType            string
	VSwitchID          string `json:"VSwitchId"`
}

// DescribeLoadBalancerAttributeInput names a load balancer.
type DescribeLoadBalancerAttributeInput struct{ LoadBalancerID string }

// Params lists the rows.
func (in *DescribeLoadBalancerAttributeInput) Params() []Param {
	return []Param{loadBalancerID(&in.LoadBalancerID)}
}

func loadBalancerID(p *string) Param {
	return Param{Name: "LoadBalancerId", Var: ID(p), Required: true, Names: loadBalancerKind, Doc: "The ID of the load balancer."}
}

// DescribeLoadBalancerAttributeOutput is all of a load balancer. The arrays are
// not wrapped here, and Port is a text. Of an unknown load balancer the answer
// is a success without LoadBalancerId (decisions, Other operations 2).
type DescribeLoadBalancerAttributeOutput struct {
	Address                   string
	AddressIPVersion          string
	AddressType               string
	Bandwidth                 int // Mbit/s; -1 is unlimited
	CreateTime                string
	EndTime                   string
	EnsRegionID               string `json:"EnsRegionId"`
	LoadBalancerID            string `json:"LoadBalancerId"`
	LoadBalancerName          string
	LoadBalancerSpec          string
	LoadBalancerStatus        elb.LoadBalancerStatus
	LoadBalancerType          string
	NetworkID                 string `json:"NetworkId"`
	PayType                   string
	VSwitchID                 string `json:"VSwitchId"`
	ListenerPorts             Array[string]
	BackendServers            Array[AttachedServer]
	ListenerPortsAndProtocols Array[PortAndProtocol]
}

// An AttachedServer is a backend as DescribeLoadBalancerAttribute reports it.
type AttachedServer struct {
	IP       string `json:"Ip"`
	Port     string // decimal
	ServerID string `json:"ServerId"`
	Type     string
	Weight   int
}

// A PortAndProtocol is a listener as DescribeLoadBalancerAttribute reports it.
type PortAndProtocol struct {
	BackendServerPort int
	Description       string
	ForwardPort       int
	ListenerForward   string // on or off
	ListenerPort      int
	ListenerProtocol  elb.Protocol
}

// ModifyLoadBalancerAttributeInput renames a load balancer.
type ModifyLoadBalancerAttributeInput struct {
	LoadBalancerID string
	Name           string
}

// Params lists the rows.
func (in *ModifyLoadBalancerAttributeInput) Params() []Param {
	return []Param{
		loadBalancerID(&in.LoadBalancerID),
		{Name: "LoadBalancerName", Label: "Name", Var: Text(&in.Name, 2, 128, notURL), Required: true, Doc: "The new name. Its bounds differ from those of CreateLoadBalancer."},
	}
}

// ModifyLoadBalancerAttributeOutput is empty.
type ModifyLoadBalancerAttributeOutput struct{}

// SetLoadBalancerStatusInput lets a load balancer forward or not.
type SetLoadBalancerStatusInput struct {
	LoadBalancerID string
	Status         elb.LoadBalancerStatus
}

// Params lists the rows.
func (in *SetLoadBalancerStatusInput) Params() []Param {
	return []Param{
		loadBalancerID(&in.LoadBalancerID),
		{Name: "LoadBalancerStatus", Var: OneOf(&in.Status, elb.Active, elb.InActive), Required: true, Doc: "Active forwards traffic; InActive closes the listeners and refuses changes to them."},
	}
}

// SetLoadBalancerStatusOutput is empty.
type SetLoadBalancerStatusOutput struct{}

// DescribeLoadBalancerSpecInput filters specifications.
type DescribeLoadBalancerSpecInput struct {
	Spec       string
	PageNumber int
	PageSize   int
}

// Params lists the rows.
func (in *DescribeLoadBalancerSpecInput) Params() []Param {
	return []Param{
		{Name: "LoadBalancerSpec", Label: "Specification", Var: ID(&in.Spec), Doc: "A specification; without one all are listed."},
		pageNumber(&in.PageNumber),
		pageSize(&in.PageSize, 1, 100),
	}
}

// DescribeLoadBalancerSpecOutput is one page of specifications. The array is
// not wrapped.
type DescribeLoadBalancerSpecOutput struct {
	LoadBalancerSpecs Array[LoadBalancerSpec]
	Page
}

// A LoadBalancerSpec is a specification and its name for people.
type LoadBalancerSpec struct {
	DisplayName      string
	LoadBalancerSpec string
}

// ReleaseInstanceInput names a resource of any kind: lb-…, eip-…, n-…, vsw-….
type ReleaseInstanceInput struct{ InstanceID string }

// Params lists the rows.
func (in *ReleaseInstanceInput) Params() []Param {
	return []Param{
		{Name: "InstanceId", Var: ID(&in.InstanceID), Required: true, Names: loadBalancerKind, Doc: "The ID of what is released. A load balancer is released with its listeners."},
	}
}

// ReleaseInstanceOutput says what was released.
type ReleaseInstanceOutput struct {
	ResourceType string // slb, eip, network, vswitch
}

// DeleteLoadBalancerInput names a load balancer.
type DeleteLoadBalancerInput struct{ LoadBalancerID string }

// Params lists the rows.
func (in *DeleteLoadBalancerInput) Params() []Param {
	return []Param{loadBalancerID(&in.LoadBalancerID)}
}

// DeleteLoadBalancerOutput is empty.
type DeleteLoadBalancerOutput struct{}

// clientToken is the row of the token that makes a call of an operation repeatable.
func clientToken(p *string) Param {
	return Param{Name: "ClientToken", Var: Text(p, 1, 64, visibleASCII), Doc: "A token that the client draws for each thing it wants to create. The same token with the same parameters creates one thing, however often the call is sent."}
}
