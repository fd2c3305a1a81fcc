package manifest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"elbow/internal/api"
)

// A Resource is a network, a vSwitch, an EIP or an instance. It is known by its name, a
// vSwitch by its name in its network, an instance by its id.
type Resource struct {
	Name     string
	Fields   map[string]string // parameters of the operation that creates it, without the name
	Balancer *string           // name of the load balancer of an EIP, "" for none; nil: left as it is

	kind    *kind
	network string // name of the network of a vSwitch
	line    int
}

// A StoredResource is a resource with its id.
type StoredResource struct {
	ID         string
	balancerID string // of an EIP: id of the load balancer that it is associated with
	Resource
}

// A kind has the names of a resource type and of its operations: network, vSwitch, EIP or instance.
type kind struct {
	what, name             string // name is the parameter that has it
	create, modify, remove string // actions
	id, removed            string // parameters of modify and of remove that have the id
	fixed, free            []string
	defaults               map[string]string
	always                 map[string]string // parameters of create that are no fields
	builtIn                string            // id of the one that every server has
	whole                  bool              // modify takes all parameters of create and sets them
}

var (
	networks = &kind{
		what: "network", name: "NetworkName", create: "CreateNetwork", modify: "ModifyNetworkAttribute", remove: "DeleteNetwork",
		id: "NetworkId", removed: "NetworkId", fixed: []string{"EnsRegionId", "CidrBlock"}, free: []string{"Description"},
		defaults: map[string]string{"EnsRegionId": "local"}, builtIn: "n-default",
	}
	vSwitches = &kind{
		what: "vSwitch", name: "VSwitchName", create: "CreateVSwitch", modify: "ModifyVSwitchAttribute", remove: "DeleteVSwitch",
		id: "VSwitchId", removed: "VSwitchId", fixed: []string{"EnsRegionId", "CidrBlock"}, free: []string{"Description"},
		defaults: map[string]string{"EnsRegionId": "local"}, builtIn: "vsw-default",
	}
	eips = &kind{
		what: "EIP", name: "Name", create: "CreateEipInstance", modify: "ModifyEnsEipAddressAttribute", remove: "DeleteEip",
		id: "AllocationId", removed: "InstanceId", fixed: []string{"EnsRegionId", "Isp", "IpAddress"}, free: []string{"Bandwidth", "Description"},
		defaults: map[string]string{"EnsRegionId": "local", "Bandwidth": "5"},
		always:   map[string]string{"InstanceChargeType": "PostPaid", "InternetChargeType": "95BandwidthByMonth"},
	}
	instances = &kind{
		what: "instance", name: "InstanceId", create: registerInstance, modify: registerInstance, remove: "DeregisterInstance",
		id: "InstanceId", removed: "InstanceId", free: []string{"PrivateIpAddress", "DomainName", "InstanceName", "EnsRegionId", "NetworkId", "VSwitchId"},
		defaults: map[string]string{"EnsRegionId": "local", "NetworkId": "n-default", "VSwitchId": "vsw-default"}, whole: true,
	}
)

const registerInstance = "RegisterInstance"

// key returns the key by which resources of the file and of the server are matched.
func (r *Resource) key() string { return keyOf(r.kind, r.network, r.Name) }

func keyOf(k *kind, network, name string) string {
	if k == vSwitches {
		name = network + "/" + name
	}
	return k.what + " " + name
}

// readResources reads a section of networks, EIPs or instances.
func (m *Manifest) readResources(top *entry, section string, k *kind) error {
	if top.fields[section] == nil {
		return nil
	}
	m.sections = append(m.sections, k)
	for _, n := range top.list(section) {
		if err := m.readResource(n, k, ""); err != nil {
			return err
		}
	}
	return nil
}

// readResource reads one resource, and the vSwitches of a network after it.
func (m *Manifest) readResource(n *yaml.Node, k *kind, network string) error {
	names := slices.Concat([]string{k.name}, k.fixed, k.free)
	switch k {
	case networks:
		names = append(names, "VSwitches")
	case eips:
		names = append(names, "LoadBalancerName")
	}
	f, err := object(n, names...)
	if err != nil {
		return err
	}
	r := Resource{Name: f.must(k.name), Fields: make(map[string]string), kind: k, network: network, line: n.Line}
	for _, name := range slices.Concat(k.fixed, k.free) {
		r.Fields[name] = f.text(name, k.defaults[name])
	}
	if f.fields["LoadBalancerName"] != nil {
		name := f.text("LoadBalancerName", "")
		r.Balancer = &name
	}
	switches := f.list("VSwitches")
	if f.err != nil {
		return f.err
	}
	if err := r.canonical(); err != nil {
		return at(n, err)
	}
	m.Resources = append(m.Resources, r)
	for _, one := range switches {
		if err := m.readResource(one, vSwitches, r.Name); err != nil {
			return err
		}
	}
	return nil
}

// canonical checks a resource and writes its values as the API does.
func (r *Resource) canonical() error {
	in, all := rows(r.kind.create)
	if err := api.Bind(in, r.creation()); err != nil {
		return reason(err)
	}
	for _, row := range all {
		if r.Fields[row.Name] != "" {
			r.Fields[row.Name] = fmt.Sprint(row.Var.Value())
		}
	}
	if r.kind == instances {
		r.Fields["InstanceName"] = cmp.Or(r.Fields["InstanceName"], r.Name)
		r.Fields["DomainName"] = strings.ToLower(r.Fields["DomainName"])
	}
	return nil
}

// creation are the parameters that create a resource, but for the id of the network of
// a vSwitch.
func (r *Resource) creation() map[string]string {
	params := map[string]string{r.kind.name: r.Name}
	for name, value := range r.kind.always {
		params[name] = value
	}
	for name, value := range r.Fields {
		if value != "" {
			params[name] = value
		}
	}
	return params
}

// NamesResources reports whether the file has networks, EIPs or instances, or names any.
func (m *Manifest) NamesResources() bool {
	return len(m.sections) > 0 || slices.ContainsFunc(m.LoadBalancers, func(lb LoadBalancer) bool {
		return lb.Network != "" || slices.ContainsFunc(lb.Backends, func(b Backend) bool { return b.where() == "" })
	})
}
