package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// RegisterInstanceInput registers the address of an id. It is an operation of
// this program: ENS creates its instances itself, these are existing servers.
type RegisterInstanceInput struct {
	InstanceID string
	Address    netip.Addr // invalid: DomainName is given
	DomainName string     // "": Address is given
	Name       string     // "": the id
	RegionID   string     // "": that of the network
	NetworkID  string     // "": the first start's
	VSwitchID  string     // "": the first start's
}

// Params lists the rows.
func (in *RegisterInstanceInput) Params() []Param {
	return []Param{
		instanceID(&in.InstanceID),
		{Name: "PrivateIpAddress", Label: "Address", Var: Address(&in.Address), Doc: "The address of the server. Give this or DomainName."},
		{Name: "DomainName", Instead: "PrivateIpAddress", Label: "Address", Var: Text(&in.DomainName, 1, 253, domainName), Doc: "The domain name of the server, instead of its address. It is resolved again by the TTL of its records; each address is a backend server of its own."},
		{Name: "InstanceName", Var: Text(&in.Name, 1, maxFree, notURL), Doc: "The name of the server. Without one it is the ID."},
		{Name: "EnsRegionId", Label: "Region", Var: ID(&in.RegionID), Names: regionKind, Doc: "The ID of the region of the server. Without one it is that of the network."},
		{Name: "NetworkId", Label: "Network", Var: ID(&in.NetworkID), Names: networkKind, Doc: "The ID of the network of the server. Without one it is the network of the first start."},
		{Name: "VSwitchId", Label: "vSwitch", Var: ID(&in.VSwitchID), Names: vSwitchKind, Doc: "The ID of the vSwitch of the server. Without one it is the vSwitch of the first start."},
	}
}

// complete requires one of address and domain name.
func (in *RegisterInstanceInput) complete(map[string]string) error {
	switch {
	case in.Address.IsValid() && in.DomainName != "":
		return InvalidField("DomainName").Because("PrivateIpAddress is given, too: give one of them")
	case !in.Address.IsValid() && in.DomainName == "":
		return Missing("PrivateIpAddress").Because("give PrivateIpAddress, or DomainName")
	}
	return nil
}

func instanceID(p *string) Param {
	return Param{Name: "InstanceId", Var: Text(p, 1, maxID, serverID), Required: true, Names: instanceKind, Doc: "The ID of the server, as backend servers name it: i-…, or eni-… for a network interface."}
}

// RegisterInstanceOutput is empty.
type RegisterInstanceOutput struct{}

// DeregisterInstanceInput names an instance.
type DeregisterInstanceInput struct{ InstanceID string }

// Params lists the rows.
func (in *DeregisterInstanceInput) Params() []Param { return []Param{instanceID(&in.InstanceID)} }

// DeregisterInstanceOutput is empty.
type DeregisterInstanceOutput struct{}

// RegisterInstanceRangeInput registers all servers of a network at once.
type RegisterInstanceRangeInput struct{ CIDR netip.Prefix }

// Params lists the rows.
func (in *RegisterInstanceRangeInput) Params() []Param { return []Param{instanceRange(&in.CIDR)} }

func instanceRange(p *netip.Prefix) Param {
	return Param{Name: "CidrBlock", Label: "Address range", Var: ipv4Range(p), Required: true, Doc: "A range of IPv4 addresses. The server i-a-b-c-d has the address a.b.c.d if that is in the range."}
}

// RegisterInstanceRangeOutput is empty.
type RegisterInstanceRangeOutput struct{}

// DeregisterInstanceRangeInput names a range.
type DeregisterInstanceRangeInput struct{ CIDR netip.Prefix }

// Params lists the rows.
func (in *DeregisterInstanceRangeInput) Params() []Param { return []Param{instanceRange(&in.CIDR)} }

// DeregisterInstanceRangeOutput is empty.
type DeregisterInstanceRangeOutput struct{}

// ipv4Range is a range of IPv4 addresses; bits after its prefix are cleared.
func ipv4Range(p *netip.Prefix) Var { return rangeVar{p} }

type rangeVar struct{ p *netip.Prefix }

func (v rangeVar) Set(s string) error {
	cidr, err := netip.ParsePrefix(s)
	if err != nil || !cidr.Addr().Is4() {
		return errors.New(v.Shape().Rule)
	}
	*v.p = cidr.Masked()
	return nil
}

func (v rangeVar) Value() any {
	if !v.p.IsValid() {
		return ""
	}
	return v.p.String()
}

func (v rangeVar) Shape() Shape {
	return Shape{
		Type: String, Rule: "must be a range of IPv4 addresses, as 10.0.0.0/16",
		Valid: []string{"10.0.0.0/16", "10.0.0.7/32", "0.0.0.0/0"},
		Wrong: []string{"10.0.0.0", "10.0.0.0/33", "10.0.0/8", "2001:db8::/32", "::ffff:10.0.0.0/104", "x"},
	}
}

// idArray is a list of at most max IDs in one text, a JSON array: some operations
// of ENS take lists in this form.
func idArray(p *[]string, max int) Var { return idArrayVar{p, max} }

type idArrayVar struct {
	p   *[]string
	max int
}

func (v idArrayVar) Set(s string) error {
	var texts []*string
	if err := json.Unmarshal([]byte(s), &texts); err != nil {
		return errors.New(v.Shape().Rule)
	}
	var all []string
	for _, text := range texts {
		if text == nil || *text == "" {
			continue // official clients send them for unset values
		}
		var one string
		if err := ID(&one).Set(*text); err != nil {
			return fmt.Errorf("has an item %.64q that %w", *text, err)
		}
		all = append(all, one)
	}
	if len(all) > v.max {
		return fmt.Errorf("has %d items; at most %d are taken", len(all), v.max)
	}
	*v.p = all
	return nil
}

func (v idArrayVar) Value() any { return strings.Join(*v.p, ",") }

func (v idArrayVar) Shape() Shape {
	items := func(n int) string { return `["x"` + strings.Repeat(`,"x"`, n-1) + "]" }
	return Shape{
		Type: String, Rule: fmt.Sprintf(`must be a JSON array of at most %d IDs, as ["i-1","i-2"]`, v.max),
		Valid: []string{"null", "[]", `["x",null,"","y"]`, items(v.max)},
		Wrong: []string{"x", "x,y", `"x"`, `{"1":"x"}`, "[1]", `["x"`, `["x"]]`, `["a/b"]`, items(v.max + 1)},
	}
}
