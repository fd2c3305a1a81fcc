package api

import (
	"fmt"
	"net/netip"
	"strings"

	"elbow/internal/elb"
)

// The types of resources that an EIP may be associated with, as in the
// documentation of ENS. Here only load balancers are supported.
const (
	EnsInstance      = "EnsInstance"
	SlbInstance      = "SlbInstance"
	natInstance      = "Nat"
	natSlbInstance   = "NatSlbInstance"
	networkInterface = "NetworkInterface"
)

// CreateEipInstanceInput requests an EIP.
type CreateEipInstanceInput struct {
	RegionID           string
	InstanceChargeType string
	InternetChargeType string
	Bandwidth          int
	ISP                string
	Name               string // "": none
	Description        string
	Address            netip.Addr // invalid: the next free address
	ClientToken        string     // "": not idempotent
	Tags               []elb.Tag
}

// Params lists the rows.
func (in *CreateEipInstanceInput) Params() []Param {
	return append([]Param{
		{Name: "EnsRegionId", Label: "Region", Var: ID(&in.RegionID), Names: regionKind, Required: true, Doc: "The ID of the region of the EIP."},
		{Name: "InstanceChargeType", Var: OneOf(&in.InstanceChargeType, "PostPaid"), Required: true, Doc: "The billing method."},
		{Name: "InternetChargeType", Var: OneOf(&in.InternetChargeType, "95BandwidthByMonth"), Required: true, Doc: "The billing method of traffic."},
		{Name: "Isp", Label: "Carrier", Var: OneOf(&in.ISP, "cmcc", "unicom", "telecom"), Doc: "The carrier. It is recorded and reported: whose packets come to the addresses of the pool is the operator's business."},
		{Name: "IpAddress", Label: "Address", Var: Address(&in.Address), Doc: "A free address of the pool. Without it the EIP is the next free one."},
		tagRow(&in.Tags, newTags),
		clientToken(&in.ClientToken),
	}, eipTexts(&in.Name, &in.Description, &in.Bandwidth, "5")...)
}

// eipTexts are the rows of an EIP that can be changed.
func eipTexts(name, description *string, bandwidth *int, unset string) []Param {
	return []Param{
		{Name: "Bandwidth", Var: Int(bandwidth, 5, 10000), Default: unset, Doc: "The bandwidth in Mbit/s. It is recorded and reported; traffic is not cut to it."},
		{Name: "Name", Var: Text(name, 1, maxFree, notURL), Doc: "The name of the EIP."},
		{Name: "Description", Var: Text(description, 1, 256, notURL), Doc: "The description of the EIP."},
	}
}

// CreateEipInstanceOutput names the new EIP.
type CreateEipInstanceOutput struct {
	AllocationID string `json:"AllocationId"`
}

func allocationID(p *string) Param {
	return Param{Name: "AllocationId", Var: ID(p), Names: eipKind, Required: true, Doc: "The ID of the EIP."}
}

// AssociateEnsEipAddressInput associates an EIP with a load balancer.
type AssociateEnsEipAddressInput struct {
	AllocationID string
	InstanceID   string
	InstanceType string // "": a load balancer
	Standby      bool
}

// Params lists the rows.
func (in *AssociateEnsEipAddressInput) Params() []Param {
	return []Param{
		allocationID(&in.AllocationID),
		{Name: "InstanceId", Var: ID(&in.InstanceID), Names: loadBalancerKind, Required: true, Doc: "The ID of the load balancer. All of its listeners serve on the address of the EIP, too."},
		{Name: "InstanceType", Var: OneOf(&in.InstanceType, SlbInstance, EnsInstance, natInstance, networkInterface, natSlbInstance), Doc: "The type of what has the InstanceId. Only load balancers, SlbInstance, have EIPs here."},
		{Name: "Standby", Var: Bool(&in.Standby), Doc: "Whether the EIP is a secondary one. It is recorded and reported; a secondary EIP serves like any other."},
	}
}

// AssociateEnsEipAddressOutput is empty.
type AssociateEnsEipAddressOutput struct{}

// UnAssociateEnsEipAddressInput detaches an EIP from its resource.
type UnAssociateEnsEipAddressInput struct {
	AllocationID string
	force        bool
}

// Params lists the rows.
func (in *UnAssociateEnsEipAddressInput) Params() []Param {
	return []Param{
		allocationID(&in.AllocationID),
		{Name: "Force", Var: Bool(&in.force), Doc: "Accepted for compatibility, without effect: nothing keeps an EIP from being unassociated."},
	}
}

// UnAssociateEnsEipAddressOutput is empty.
type UnAssociateEnsEipAddressOutput struct{}

// ModifyEnsEipAddressAttributeInput changes an EIP.
type ModifyEnsEipAddressAttributeInput struct {
	AllocationID string
	Bandwidth    int // 0: unchanged
	TextChange
}

// Params lists the rows.
func (in *ModifyEnsEipAddressAttributeInput) Params() []Param {
	return append([]Param{allocationID(&in.AllocationID)}, eipTexts(&in.name, &in.description, &in.Bandwidth, "")...)
}

// ModifyEnsEipAddressAttributeOutput is empty.
type ModifyEnsEipAddressAttributeOutput struct{}

// DeleteEipInput names an EIP.
type DeleteEipInput struct{ InstanceID string }

// Params lists the rows.
func (in *DeleteEipInput) Params() []Param {
	return []Param{
		{Name: "InstanceId", Var: ID(&in.InstanceID), Names: eipKind, Required: true, Doc: "The ID of the EIP."},
	}
}

// DeleteEipOutput is empty.
type DeleteEipOutput struct{}

// DescribeEnsEipAddressesInput filters EIPs; all filters given must match.
type DescribeEnsEipAddressesInput struct {
	AllocationIDs []string
	InstanceID    string
	InstanceType  string
	Address       string
	Name          string
	RegionID      string
	RegionIDs     []string
	Standby       string // true or false; "": either
	Status        string
	Tags          []elb.Tag
	PageNumber    int
	PageSize      int
}

// Params lists the rows.
func (in *DescribeEnsEipAddressesInput) Params() []Param {
	return []Param{
		{Name: "AllocationId", Var: commaIDs(&in.AllocationIDs, 50), Names: eipKind, Doc: "The IDs of EIPs, separated by commas."},
		{Name: "AssociatedInstanceId", Var: ID(&in.InstanceID), Names: loadBalancerKind, Doc: "The ID of what EIPs are associated with."},
		{Name: "AssociatedInstanceType", Var: OneOf(&in.InstanceType, EnsInstance, SlbInstance), Doc: "The type of what EIPs are associated with."},
		{Name: "EipAddress", Var: Text(&in.Address, 1, maxFree), Doc: "The address of an EIP."},
		{Name: "EipName", Var: Text(&in.Name, 1, maxFree), Doc: "The name of EIPs."},
		{Name: "EnsRegionId", Label: "Region", Var: ID(&in.RegionID), Names: regionKind, Doc: "The ID of a region."},
		{Name: "EnsRegionIds", Var: IDs(&in.RegionIDs, maxListed), Names: regionKind, Doc: "The IDs of regions."},
		{Name: "Standby", Var: OneOf(&in.Standby, "true", "false"), Doc: "Whether EIPs are secondary ones."},
		{Name: "Status", Var: OneOf(&in.Status, EIPAvailable, EIPInUse), Doc: "The status of EIPs."},
		tagRow(&in.Tags, filterTags),
		pageNumber(&in.PageNumber), nextPage(&in.PageNumber),
		pageSize(&in.PageSize, 1, 100),
	}
}

// The statuses of EIPs.
const (
	EIPAvailable = "Available"
	EIPInUse     = "InUse"
)

// DescribeEnsEipAddressesOutput is one page of EIPs.
type DescribeEnsEipAddressesOutput struct {
	EipAddresses EipAddresses
	Page
}

// EipAddresses wraps the list as on the wire.
type EipAddresses struct {
	EipAddress Array[EipAddress]
}

// An EipAddress is an entry of the list.
type EipAddress struct {
	AllocationID       string `json:"AllocationId"`
	AllocationTime     string
	Bandwidth          int
	ChargeType         string
	Description        string
	EnsRegionID        string `json:"EnsRegionId"`
	IcmpReplyEnabled   bool
	InstanceID         string `json:"InstanceId"` // of the load balancer; "" if there is none
	InstanceType       string // SlbInstance; "" if there is none
	InternetChargeType string
	IPAddress          string `json:"IpAddress"`
	IPStatus           string `json:"IpStatus"`
	Isp                string
	Name               string
	Standby            bool
	Status             string // Available or InUse
	Tags               Tags
}

// commaIDs is a list of at most max IDs in one text, separated by commas.
func commaIDs(p *[]string, max int) Var { return commaIDsVar{p, max} }

type commaIDsVar struct {
	p   *[]string
	max int
}

func (v commaIDsVar) Set(s string) error {
	all := strings.Split(s, ",")
	if len(all) > v.max {
		return fmt.Errorf("has %d IDs; at most %d are taken", len(all), v.max)
	}
	for i, text := range all {
		if err := ID(&all[i]).Set(text); err != nil {
			return fmt.Errorf("has an ID %.64q that %w", text, err)
		}
	}
	*v.p = all
	return nil
}

func (v commaIDsVar) Value() any { return strings.Join(*v.p, ",") }

func (v commaIDsVar) Shape() Shape {
	return Shape{
		Type: String, Rule: fmt.Sprintf("must be at most %d IDs, separated by commas", v.max),
		Valid: []string{"x", "x,y", strings.Repeat("x,", v.max-1) + "x"},
		Wrong: []string{",", "x,", ",x", "x,,y", "a/b", strings.Repeat("x,", v.max) + "x"},
	}
}
