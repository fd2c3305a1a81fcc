package manifest

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Read parses a manifest. Files that it names are relative to dir. Errors contain
// the line.
func Read(text []byte, dir string) (*Manifest, error) {
	document, err := only(text)
	m := new(Manifest)
	if err != nil || len(document.Content) == 0 {
		return m, err
	}
	top, err := object(document.Content[0], "Certificates", "Networks", "Eips", "Instances", "LoadBalancers")
	if err != nil {
		return nil, err
	}
	for _, n := range top.list("Certificates") {
		c, err := readCertificate(n, dir)
		if err != nil {
			return nil, err
		}
		m.Certificates = append(m.Certificates, c)
	}
	if err := m.readResources(top, "Networks", networks); err != nil {
		return nil, err
	}
	if err := m.readResources(top, "Eips", eips); err != nil {
		return nil, err
	}
	if err := m.readResources(top, "Instances", instances); err != nil {
		return nil, err
	}
	for _, n := range top.list("LoadBalancers") {
		lb, err := readLoadBalancer(n)
		if err != nil {
			return nil, err
		}
		m.LoadBalancers = append(m.LoadBalancers, lb)
	}
	if top.err != nil {
		return nil, top.err
	}
	return m, m.distinct()
}

// only is the only document of a file, empty if it has none. A second one would
// be ignored, and its load balancers be deleted by a plan that prunes.
func only(text []byte) (*yaml.Node, error) {
	d := yaml.NewDecoder(bytes.NewReader(text))
	first := new(yaml.Node)
	if err := d.Decode(first); err != nil && err != io.EOF {
		return nil, err
	}
	for {
		var next yaml.Node
		switch err := d.Decode(&next); {
		case err == io.EOF:
			return first, nil
		case err != nil:
			return nil, err
		case len(next.Content) > 0 && next.Content[0].Tag != "!!null":
			return nil, at(next.Content[0], errors.New("a second document begins; all of it must stand in one"))
		}
	}
}

// distinct reports the first duplicate.
func (m *Manifest) distinct() error {
	var names lines
	for _, c := range m.Certificates {
		names.add("certificate "+c.Name, c.line)
	}
	for i := range m.Resources {
		names.add(m.Resources[i].key(), m.Resources[i].line)
	}
	for _, lb := range m.LoadBalancers {
		names.add("load balancer "+cmp.Or(lb.ID, lb.Name), lb.line)
		var parts lines
		for _, b := range lb.Backends {
			parts.add("backend "+b.ServerID+" with Port "+b.Port, b.line)
		}
		for _, l := range lb.Listeners {
			if l.Protocol == "udp" {
				parts.add("UDP port "+l.Port, l.line)
				continue
			}
			parts.add("port "+l.Port, l.line)
			if l.Protocol == "https" && l.Fields["ListenerForward"] == "on" {
				parts.add("port "+l.Fields["ForwardPort"], l.line)
			}
		}
		if parts.err != nil {
			return parts.err
		}
	}
	return names.err
}

// lines records where names were seen first.
type lines struct {
	seen map[string]int
	err  error
}

func (l *lines) add(name string, line int) {
	if first, twice := l.seen[name]; twice && l.err == nil {
		l.err = fmt.Errorf("line %d: %s was there in line %d already", line, name, first)
	}
	if l.seen == nil {
		l.seen = make(map[string]int)
	}
	l.seen[name] = line
}

func readCertificate(n *yaml.Node, dir string) (c Certificate, err error) {
	f, err := object(n, "Name", "Cert", "Key")
	if err != nil {
		return c, err
	}
	c = Certificate{Name: f.must("Name"), line: n.Line}
	if c.Cert, err = pemText(f.must("Cert"), dir); err == nil {
		c.Key, err = pemText(f.must("Key"), dir)
	}
	if f.err != nil {
		return c, f.err // with its line
	}
	if err != nil {
		return c, at(n, err)
	}
	if c.Sha2, err = fingerprint(c.Cert); err != nil {
		return c, at(n, err)
	}
	return c, nil
}

// pemText is the text itself, or the content of the file it names.
func pemText(text, dir string) (string, error) {
	if text == "" || strings.HasPrefix(text, "-----BEGIN ") {
		return text, nil
	}
	if !filepath.IsAbs(text) {
		text = filepath.Join(dir, text)
	}
	b, err := os.ReadFile(text)
	return string(b), err
}

// readBackend parses a backend into the form in which the API reports it, so that
// values are compared and not their spelling.
func readBackend(n *yaml.Node) (Backend, error) {
	f, err := object(n, "ServerId", "Ip", "Port", "Type", "Weight")
	if err != nil {
		return Backend{}, err
	}
	b := Backend{
		ServerID: f.must("ServerId"), IP: f.text("Ip", ""), Port: f.text("Port", "0"),
		Type: f.text("Type", "ens"), Weight: f.text("Weight", "100"), line: n.Line,
	}
	if f.err != nil {
		return b, f.err
	}
	return b, at(n, b.canonical())
}

func readLoadBalancer(n *yaml.Node) (LoadBalancer, error) {
	lb := LoadBalancer{Fields: make(map[string]string), line: n.Line}
	f, err := object(n, slices.Concat(loadBalancerFields, []string{"LoadBalancerId", "LoadBalancerName", "LoadBalancerStatus", "NetworkName", "VSwitchName", "BackendServers", "Listeners"})...)
	if err != nil {
		return lb, err
	}
	lb.ID, lb.Name = f.text("LoadBalancerId", ""), f.must("LoadBalancerName")
	lb.Active = f.oneOf("LoadBalancerStatus", "Active", "InActive") == "Active"
	for _, name := range loadBalancerFields {
		lb.Fields[name] = f.text(name, loadBalancerDefaults[name])
	}
	lb.Network, lb.VSwitch = f.text("NetworkName", ""), f.text("VSwitchName", "")
	switch {
	case (lb.Network == "") != (lb.VSwitch == ""):
		return lb, at(n, errors.New("give NetworkName and VSwitchName, or neither"))
	case lb.Network != "" && (f.fields["NetworkId"] != nil || f.fields["VSwitchId"] != nil):
		return lb, at(n, errors.New("give either NetworkName and VSwitchName, or NetworkId and VSwitchId"))
	}
	for _, one := range f.list("BackendServers") {
		b, err := readBackend(one)
		if err != nil {
			return lb, err
		}
		lb.Backends = append(lb.Backends, b)
	}
	for _, one := range f.list("Listeners") {
		l, err := readListener(one)
		if err != nil {
			return lb, err
		}
		lb.Listeners = append(lb.Listeners, l)
	}
	if f.err != nil {
		return lb, f.err
	}
	return lb, at(n, checkLoadBalancer(lb))
}

func readListener(n *yaml.Node) (Listener, error) {
	l := Listener{line: n.Line, Protocol: protocols[0]}
	l.Protocol = protocolOf(n)
	f, err := object(n, slices.Concat(listenerFields(l.Protocol), []string{"ListenerPort", "Protocol", "Certificate", "Status"})...)
	if err != nil {
		return l, err
	}
	f.oneOf("Protocol", protocols...)
	l.Port, l.Certificates = f.must("ListenerPort"), f.texts("Certificate")
	l.Running = f.oneOf("Status", "Running", "Stopped") == "Running"
	given := make(map[string]string)
	for _, name := range listenerFields(l.Protocol) {
		if text := f.text(name, ""); text != "" {
			given[name] = text
		}
	}
	if f.err != nil {
		return l, f.err
	}
	return l, at(n, l.fill(given))
}

// protocolOf is the protocol of a listener in the file, which determines its
// fields. The caller reports an invalid one.
func protocolOf(n *yaml.Node) string {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		value := n.Content[i+1]
		if value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		if n.Content[i].Value == "Protocol" && slices.Contains(protocols, value.Value) {
			return value.Value
		}
	}
	return protocols[0]
}
