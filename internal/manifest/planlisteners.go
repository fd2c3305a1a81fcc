package manifest

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// listeners plans the listeners of a load balancer.
func (p *planner) listeners(lb, now LoadBalancer) error {
	before := len(p.steps)
	for _, old := range now.Listeners { // first, so that their ports are free
		if listener(lb.Listeners, old) == nil {
			p.add(Delete, listenerName(lb, old), nil, byProtocol(lb, "DeleteLoadBalancerListener", old))
		}
	}
	for _, l := range inOrder(lb.Listeners, now.Listeners) {
		if err := p.listener(lb, l, listener(now.Listeners, l)); err != nil {
			return fmt.Errorf("line %d: listener %s: %w", l.line, l.Port, err)
		}
	}
	if len(p.steps) > before && !lb.Active && !now.Active {
		return errors.New("it is InActive, where listeners cannot be changed: apply with LoadBalancerStatus: Active first")
	}
	return nil
}

// inOrder sorts listeners: existing ones that release a redirect port come first,
// then new ones, which may need it. HTTP listeners that redirect to an HTTPS
// listener, which must exist, come last.
func inOrder(wanted, now []Listener) []Listener {
	rank := func(l Listener) int {
		old := listener(now, l)
		switch {
		case l.Protocol == "http" && l.Fields["ListenerForward"] == "on":
			return 3
		case old == nil:
			return 2
		case old.Fields["ListenerForward"] == "on" && l.Fields["ListenerForward"] != "on":
			return 0
		}
		return 1
	}
	return slices.SortedStableFunc(slices.Values(wanted), func(a, b Listener) int { return rank(a) - rank(b) })
}

// listener plans one listener; old is the one on the server, nil if none.
func (p *planner) listener(lb LoadBalancer, l Listener, old *Listener) error {
	id, err := p.certs.ids(l)
	if err != nil {
		return err
	}
	if old == nil {
		p.createListener(lb, l)
		return nil
	}
	wanted := maps.Clone(l.Fields)
	wanted["ServerCertificateId"] = id
	params, replace := map[string]string{}, old.Protocol != l.Protocol
	var details []string
	if replace {
		details = append(details, "Protocol "+old.Protocol+" → "+l.Protocol)
		old = &Listener{Port: old.Port, Protocol: old.Protocol, Running: old.Running, Fields: wanted}
	}
	for _, name := range listenerFields(l.Protocol) {
		if !l.differs(name, wanted[name], old) {
			continue
		}
		params[name] = cmp.Or(wanted[name], unset(l.Protocol, name))
		replace = replace || !changeable(l.Protocol, name)
		details = append(details, p.difference(name, old.Fields[name], wanted[name], l))
	}
	switch {
	case replace:
		details = append(details, "replaced: requests in progress complete, new connections are refused for a moment")
		p.add(Replace, listenerName(lb, l), details, slices.Concat(
			[]request{byProtocol(lb, "DeleteLoadBalancerListener", *old)}, p.creation(lb, l.keeping(old)))...)
		return nil
	case len(params) > 0:
		r := on(lb, setListener(l.Protocol), l.Port, params)
		if _, changed := params["ServerCertificateId"]; changed {
			r = p.with(r, l)
		}
		p.add(Modify, listenerName(lb, l), details, r)
	}
	p.run(lb, l, old.Running)
	return nil
}

// difference describes the change of a field.
func (p *planner) difference(name, from, to string, l Listener) string {
	if name == "ServerCertificateId" {
		name = "certificate"
		to = cmp.Or(strings.Join(p.certs.of(l), ", "), to)
		var names []string
		for _, id := range strings.Split(from, ",") {
			names = append(names, p.certs.nameOf(id))
		}
		from = strings.Join(names, ", ")
	}
	return name + " " + cmp.Or(from, "none") + " → " + cmp.Or(to, "none")
}

// differs reports whether a field has to change. Those of a health check are
// ignored while it is off.
func (l *Listener) differs(name, wanted string, old *Listener) bool {
	was, reported := old.Fields[name]
	if !reported && l.Fields["HealthCheck"] == "off" || wanted == "" && l.keeps(name) {
		return false
	}
	return was != wanted
}

// keeps reports whether a field without a value does not change: one that was
// left out and has no default, unless the file has the value that resets it.
func (l *Listener) keeps(name string) bool {
	return name != "Description" && (!l.given[name] || unset(l.Protocol, name) == "")
}

// keeping is the listener with the values of old that it keeps.
func (l Listener) keeping(old *Listener) Listener {
	l.Fields = maps.Clone(l.Fields)
	for name, was := range old.Fields {
		if l.Fields[name] == "" && name != "ServerCertificateId" && l.keeps(name) {
			l.Fields[name] = was
		}
	}
	return l
}

func (p *planner) createListener(lb LoadBalancer, l Listener) {
	var details []string
	if l.Protocol == "https" {
		details = append(details, "certificate "+cmp.Or(strings.Join(l.Certificates, ", "), l.Fields["ServerCertificateId"]))
	}
	for _, name := range listenerFields(l.Protocol) {
		if l.given[name] && name != "ServerCertificateId" {
			details = append(details, name+" "+l.Fields[name])
		}
	}
	p.add(Create, listenerName(lb, l), details, p.creation(lb, l)...)
}

// creation are the calls that create a listener, and start it if it is to run.
func (p *planner) creation(lb LoadBalancer, l Listener) []request {
	params := map[string]string{}
	for name, value := range l.Fields {
		if value != "" {
			params[name] = value
		}
	}
	calls := []request{p.with(on(lb, createListener(l.Protocol), l.Port, params), l)}
	if l.Running {
		calls = append(calls, byProtocol(lb, "StartLoadBalancerListener", l))
	}
	return calls
}

// with adds the certificates of l to a request.
func (p *planner) with(r request, l Listener) request {
	r.certificates = p.certs.of(l)
	return r
}

// run plans a start or a stop.
func (p *planner) run(lb LoadBalancer, l Listener, running bool) {
	switch {
	case l.Running && !running:
		p.add(Modify, listenerName(lb, l), []string{"Status Stopped → Running"}, byProtocol(lb, "StartLoadBalancerListener", l))
	case !l.Running && running:
		p.add(Modify, listenerName(lb, l), []string{"Status Running → Stopped"}, byProtocol(lb, "StopLoadBalancerListener", l))
	}
}

// on is a call for one listener.
func on(lb LoadBalancer, action, port string, params map[string]string) request {
	all := map[string]string{"ListenerPort": port}
	maps.Copy(all, params)
	return to(lb, action, all)
}

// byProtocol is a call for one listener that exists for every protocol: a TCP and
// a UDP port may have the same number.
func byProtocol(lb LoadBalancer, action string, l Listener) request {
	return on(lb, action, l.Port, map[string]string{"ListenerProtocol": l.Protocol})
}

// listener returns the listener with the port of l, nil if there is none.
func listener(all []Listener, l Listener) *Listener {
	i := slices.IndexFunc(all, func(o Listener) bool { return o.Port == l.Port && sharesPort(o.Protocol, l.Protocol) })
	if i < 0 {
		return nil
	}
	return &all[i]
}

func listenerName(lb LoadBalancer, l Listener) string {
	name := "listener " + lb.Label() + ":" + l.Port
	if l.Protocol != "https" {
		name += "/" + l.Protocol
	}
	return name
}
