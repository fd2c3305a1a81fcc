package manifest

import (
	"io"
	"slices"

	"go.yaml.in/yaml/v4"

	"elbow/internal/api"
	"elbow/internal/yamltext"
)

// Write writes a state as a manifest that, applied to the server it was read
// from, changes nothing. A load balancer that shares its name is written with its
// id. Fields with their default value are left out. Certificates are named where
// listeners use them; files has the paths of certificate and key for those that
// are to be in the manifest themselves.
func Write(w io.Writer, s *State, files map[string][2]string) error {
	var certificates, balancers []*yaml.Node
	for _, c := range s.Certificates {
		if paths, ok := files[c.Name]; ok {
			certificates = append(certificates, mapping("Name", text(c.Name), "Cert", text(paths[0]), "Key", text(paths[1])))
		}
	}
	names := make(map[string]string)
	for _, c := range s.Certificates {
		names[c.ID] = c.Name
	}
	for _, lb := range s.LoadBalancers {
		n := s.balancerNode(lb.LoadBalancer, names)
		if lb.Shared {
			id := text(lb.ID)
			id.LineComment = "# several of this server have the name; another server has no such id"
			n.Content = append(mapping("LoadBalancerId", id).Content, n.Content...)
		}
		balancers = append(balancers, n)
	}
	e := yaml.NewEncoder(w)
	e.SetIndent(2)
	top := mapping("Certificates", list(certificates))
	nets, addresses, servers := s.resourceNodes()
	if len(nets) > 0 {
		extend(top, "Networks", list(nets))
	}
	if len(addresses) > 0 {
		extend(top, "Eips", list(addresses))
	}
	if len(servers) > 0 {
		extend(top, "Instances", list(servers))
	}
	extend(top, "LoadBalancers", list(balancers))
	if err := e.Encode(top); err != nil {
		return err
	}
	return e.Close()
}

func (s *State) balancerNode(lb LoadBalancer, names map[string]string) *yaml.Node {
	n := mapping("LoadBalancerName", text(lb.Name))
	network, vSwitch := s.placeNames(&lb)
	if network != "" {
		extend(n, "NetworkName", text(network), "VSwitchName", text(vSwitch))
	}
	for _, name := range loadBalancerFields {
		if network != "" && (name == "NetworkId" || name == "VSwitchId") {
			continue
		}
		if lb.Fields[name] != loadBalancerDefaults[name] {
			extend(n, name, text(lb.Fields[name]))
		}
	}
	if !lb.Active {
		extend(n, "LoadBalancerStatus", text("InActive"))
	}
	var backends, listeners []*yaml.Node
	for _, b := range lb.Backends {
		one := mapping("ServerId", text(b.ServerID))
		if b.Domain == "" { // else the address is that of the instance
			extend(one, "Ip", text(b.IP))
		}
		extend(one, "Port", number(b.Port), "Weight", number(b.Weight))
		if b.Type != "ens" && b.Type != "" {
			extend(one, "Type", text(b.Type))
		}
		one.Style = yaml.FlowStyle // one line each
		backends = append(backends, one)
	}
	for _, l := range lb.Listeners {
		listeners = append(listeners, listenerNode(l, names))
	}
	extend(n, "BackendServers", list(backends), "Listeners", list(listeners))
	return n
}

func listenerNode(l Listener, names map[string]string) *yaml.Node {
	n := mapping("ListenerPort", number(l.Port))
	if l.Protocol != "https" {
		extend(n, "Protocol", text(l.Protocol))
	} else if certificates := certificateNode(l, names); certificates != nil {
		extend(n, "Certificate", certificates)
	} else {
		extend(n, "ServerCertificateId", text(l.Fields["ServerCertificateId"]))
	}
	if !l.Running {
		extend(n, "Status", text("Stopped"))
	}
	_, all := rows(createListener(l.Protocol))
	for _, r := range all {
		value := l.Fields[r.Name]
		unset := value == "" || value == r.Default && r.IfGiven == ""
		switch {
		case r.Name == "ServerCertificateId", unset && !r.Required, slices.Contains(callFields, r.Name):
		case r.Name == "StickySession" && value == "off" && l.Fields["StickySessionType"] == "":
		case unset && len(r.When) > 0: // required under a condition that does not hold
		default:
			extend(n, r.Name, field(r, value))
		}
	}
	return n
}

// certificateNode is the name of a listener's certificate, or the list of several
// names; nil if one has no name.
func certificateNode(l Listener, names map[string]string) *yaml.Node {
	var all []*yaml.Node
	for _, id := range certificateIDs(l) {
		if names[id] == "" {
			return nil
		}
		all = append(all, text(names[id]))
	}
	if len(all) == 1 {
		return all[0]
	}
	several := list(all)
	several.Style = yaml.FlowStyle
	return several
}

// mapping is an object of names and nodes in turn.
func mapping(pairs ...any) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	extend(n, pairs...)
	return n
}

// extend adds names and nodes in turn to an object.
func extend(n *yaml.Node, pairs ...any) {
	for i := 0; i+1 < len(pairs); i += 2 {
		n.Content = append(n.Content, text(pairs[i].(string)), pairs[i+1].(*yaml.Node))
	}
}

// text is a plain value that every reader takes for a text, except integers of
// the table.
func text(value string) *yaml.Node { return yamltext.Node(value) }

func number(value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: value}
}

// field is the value of a row of a table.
func field(r api.Param, value string) *yaml.Node {
	if r.Var.Shape().Type == api.Integer && value != "" {
		return number(value)
	}
	return text(value)
}

func list(items []*yaml.Node) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: items}
	if len(items) == 0 {
		n.Style = yaml.FlowStyle
	}
	return n
}
