package manifest

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"elbow/internal/api"
)

// The actions that create load balancers and listeners: their tables list the
// fields.
const (
	createLoadBalancer = "CreateLoadBalancer"
	renameLoadBalancer = "ModifyLoadBalancerAttribute"
)

// createListener is the action that creates a listener of a protocol.
func createListener(protocol string) string {
	return "CreateLoadBalancer" + strings.ToUpper(protocol) + "Listener"
}

// setListener is the action that changes a listener of a protocol.
func setListener(protocol string) string {
	return "SetLoadBalancer" + strings.ToUpper(protocol) + "ListenerAttribute"
}

// describeListener is the action that describes a listener of a protocol.
func describeListener(protocol string) string {
	return "DescribeLoadBalancer" + strings.ToUpper(protocol) + "ListenerAttribute"
}

// protocols are the protocols of listeners, the default first.
var protocols = []string{"https", "http", "tcp", "udp"}

// sharesPort reports whether two listeners with these protocols exclude each
// other on a port. UDP has separate ports.
func sharesPort(a, b string) bool { return (a == "udp") == (b == "udp") }

// loadBalancerFields are the parameters of a load balancer, none of which can be
// changed later.
var loadBalancerFields = []string{"EnsRegionId", "LoadBalancerSpec", "NetworkId", "VSwitchId", "PayType"}

// loadBalancerDefaults are the values for a new account, and the only billing
// method.
var loadBalancerDefaults = map[string]string{
	"EnsRegionId": "local", "LoadBalancerSpec": "elb.s1.small", "NetworkId": "n-default",
	"VSwitchId": "vsw-default", "PayType": "PostPaid",
}

// rows are the rows of an ENS operation bound to a new input.
func rows(action string) (api.Input, []api.Param) {
	op, ok := api.Lookup(api.EnsVersion, action)
	if !ok {
		panic("manifest: no operation " + action) // the names are listed above
	}
	in := op.New()
	return in, in.Params()
}

// listenerFields are the parameters of a listener of a protocol, except those
// that identify it and those of the call that creates it.
func listenerFields(protocol string) []string {
	_, all := rows(createListener(protocol))
	var names []string
	for _, r := range all {
		if !slices.Contains(callFields, r.Name) {
			names = append(names, r.Name)
		}
	}
	return names
}

// callFields are the parameters that a listener does not have after it was created.
var callFields = []string{"LoadBalancerId", "ListenerPort", "ClientToken"}

// changeable reports whether a field of a listener can be changed without
// replacing the listener.
func changeable(protocol, field string) bool {
	_, all := rows(setListener(protocol))
	return slices.ContainsFunc(all, func(r api.Param) bool { return r.Name == field })
}

// unset is the value that resets a field of a listener to none, "" if there is
// none. The operation that creates a listener does not accept it: there the field
// is left out.
func unset(protocol, field string) string {
	_, all := rows(setListener(protocol))
	for _, r := range all {
		if r.Name == field {
			return r.Var.Shape().Unset
		}
	}
	return ""
}

// placeholder replaces ids that are not known before the calls are made.
const placeholder = "lb-0"

// fill sets the fields of a listener to the given values and the rest to the
// defaults, all in the form in which the API reports them.
func (l *Listener) fill(given map[string]string) error {
	values := map[string]string{"LoadBalancerId": placeholder, "ListenerPort": l.Port}
	switch {
	case l.Protocol != "https" && len(l.Certificates) > 0:
		return errors.New("a listener with the Protocol " + l.Protocol + " has no Certificate")
	case l.Protocol == "https" && (len(l.Certificates) == 0) == (given["ServerCertificateId"] == ""):
		return errors.New("give either Certificate, a name, or ServerCertificateId")
	case l.Protocol == "https":
		values["ServerCertificateId"] = placeholder
	}
	for name, value := range given {
		if value != unset(l.Protocol, name) {
			values[name] = value
		}
	}
	in, all := rows(createListener(l.Protocol))
	if err := api.Bind(in, values); err != nil {
		return reason(err)
	}
	l.Fields, l.given = make(map[string]string), make(map[string]bool)
	for _, r := range all {
		value := canonical(r, fmt.Sprint(r.Var.Value()))
		if r.Name == "ServerCertificateId" {
			value = given[r.Name]
		}
		l.Fields[r.Name], l.given[r.Name] = value, given[r.Name] != ""
	}
	l.Port = l.Fields["ListenerPort"]
	for _, name := range callFields {
		delete(l.Fields, name)
	}
	return nil
}

// canonical is the value of a row in the form that is compared: a number that is
// 0, as a port that was not given, is none.
func canonical(r api.Param, value string) string {
	if value == "0" && r.Var.Shape().Type == api.Integer {
		return ""
	}
	return value
}

// canonical validates a backend and converts its values to the form of the API.
func (b *Backend) canonical() error {
	in := new(api.AddBackendServersInput)
	err := api.Bind(in, map[string]string{"LoadBalancerId": placeholder, "BackendServers": backendsText([]Backend{*b})})
	if err != nil {
		return reason(err)
	}
	item := in.BackendServers[0]
	b.IP, b.Port, b.Type, b.Weight = item.AddressText(), strconv.Itoa(item.Port), item.Type, strconv.Itoa(item.Weight)
	return nil
}

// checkLoadBalancer validates the parameters of a new load balancer.
func checkLoadBalancer(lb LoadBalancer) error {
	values := maps.Clone(lb.Fields)
	in, _ := rows(createLoadBalancer)
	values["LoadBalancerName"] = createdName(lb.Name)
	if err := api.Bind(in, values); err != nil {
		return reason(err)
	}
	if values["LoadBalancerName"] != lb.Name {
		return checkRename(lb.Name)
	}
	return nil
}

// createdName is the name with which a load balancer is created: its own, or the
// start of a name that is longer than CreateLoadBalancer accepts and that
// ModifyLoadBalancerAttribute sets afterwards.
func createdName(name string) string {
	_, all := rows(createLoadBalancer)
	i := slices.IndexFunc(all, func(r api.Param) bool { return r.Name == "LoadBalancerName" })
	if most := int(all[i].Var.Shape().Max); utf8.RuneCountInString(name) > most {
		return string([]rune(name)[:most])
	}
	return name
}

// checkRename validates a name for ModifyLoadBalancerAttribute.
func checkRename(name string) error {
	in, _ := rows(renameLoadBalancer)
	return reason(api.Bind(in, map[string]string{"LoadBalancerId": placeholder, "LoadBalancerName": name}))
}

// reason is why a value is refused, in the most specific words.
func reason(err error) error {
	if e, ok := errors.AsType[*api.Error](err); ok && e.Reason != "" {
		return errors.New(e.Reason)
	}
	return err
}

// fingerprint is the SHA-256 of the first certificate of a chain, as the API
// writes it.
func fingerprint(chain string) (string, error) {
	block, _ := pem.Decode([]byte(chain))
	if block == nil {
		return "", errors.New("no certificate in PEM in Cert")
	}
	if _, err := x509.ParseCertificate(block.Bytes); err != nil {
		return "", fmt.Errorf("certificate in Cert: %w", err)
	}
	return fmt.Sprintf("%X", sha256.Sum256(block.Bytes)), nil
}
