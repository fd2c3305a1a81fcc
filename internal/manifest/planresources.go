package manifest

import (
	"cmp"
	"fmt"
	"slices"

	"elbow/internal/api"
)

// place puts a load balancer into the network and vSwitch that the file names.
func (p *planner) place(lb *LoadBalancer) error {
	if lb.Network == "" {
		return nil
	}
	lb.place.params = make(map[string]string)
	err := p.known.refer(&lb.place, "NetworkId", keyOf(networks, "", lb.Network))
	if err == nil {
		err = p.known.refer(&lb.place, "VSwitchId", keyOf(vSwitches, lb.Network, lb.VSwitch))
	}
	for name, instead := range map[string]string{"NetworkId": lb.Network, "VSwitchId": lb.VSwitch} {
		lb.Fields[name] = cmp.Or(lb.place.params[name], instead)
	}
	return err
}

// resource plans one network, vSwitch or EIP.
func (p *planner) resource(r *Resource) error {
	k, key := r.kind, r.key()
	if p.known.twice[key] {
		return fmt.Errorf("the server has two of this name: rename one with %s", k.modify)
	}
	i := slices.IndexFunc(p.state.Resources, func(s StoredResource) bool { return s.key() == key })
	if i < 0 {
		call := request{version: api.EnsVersion, action: k.create, params: r.creation(), makes: key, made: k.id}
		if k == vSwitches {
			if err := p.known.refer(&call, networks.id, keyOf(networks, "", r.network)); err != nil {
				return err
			}
		}
		var details []string
		for _, name := range slices.Concat(k.fixed, k.free) {
			if r.Fields[name] != "" {
				details = append(details, name+" "+r.Fields[name])
			}
		}
		p.add(Create, key, details, call)
		p.known.of[key] = ""
		return nil
	}
	stored := p.state.Resources[i]
	p.kept[stored.ID] = true
	for _, name := range k.fixed {
		if r.Fields[name] != "" && r.Fields[name] != stored.Fields[name] {
			return fmt.Errorf("%s is %s and cannot be made %s: delete it first, or give the new one another name", name, stored.Fields[name], r.Fields[name])
		}
	}
	params := map[string]string{k.id: stored.ID}
	var details []string
	for _, name := range k.free {
		if was, wanted := stored.Fields[name], r.Fields[name]; was != wanted {
			params[name] = wanted
			details = append(details, name+" "+cmp.Or(was, "none")+" → "+cmp.Or(wanted, "none"))
		}
	}
	if k.whole {
		params = r.creation()
	}
	if len(details) > 0 {
		p.add(Modify, key, details, request{version: api.EnsVersion, action: k.modify, params: params})
	}
	return nil
}

// associate gives an EIP to the load balancer that the file names, or takes it away.
func (p *planner) associate(r *Resource) error {
	if r.Balancer == nil {
		return nil
	}
	var was string
	if i := slices.IndexFunc(p.state.Resources, func(s StoredResource) bool { return s.key() == r.key() }); i >= 0 {
		was = p.state.Resources[i].balancerID
	}
	give := request{version: api.EnsVersion, action: "AssociateEnsEipAddress", params: map[string]string{"InstanceType": api.SlbInstance}}
	if *r.Balancer != "" {
		if err := p.known.refer(&give, "InstanceId", balancerKey(*r.Balancer)); err != nil {
			return err
		}
	}
	if give.params["InstanceId"] == was && len(give.refs) == 0 {
		return nil
	}
	var calls []request
	if was != "" {
		calls = append(calls, request{version: api.EnsVersion, action: "UnAssociateEnsEipAddress", params: map[string]string{}})
	}
	if *r.Balancer != "" {
		calls = append(calls, give)
	}
	for i := range calls {
		if err := p.known.refer(&calls[i], eips.id, r.key()); err != nil {
			return err
		}
	}
	p.add(Modify, r.key(), []string{"load balancer " + cmp.Or(was, "none") + " → " + cmp.Or(*r.Balancer, "none")}, calls...)
	return nil
}

// deleteResources plans to delete what the file does not have, of the sections that it
// has. What a file cannot have is kept.
func (p *planner) deleteResources(m *Manifest, kinds ...*kind) {
	for _, k := range kinds {
		if !slices.Contains(m.sections, k) && (k != vSwitches || !slices.Contains(m.sections, networks)) {
			continue
		}
		for i := range p.state.Resources {
			s := &p.state.Resources[i]
			if s.kind != k || p.kept[s.ID] || !p.state.named(s) {
				continue
			}
			var calls []request
			if s.balancerID != "" {
				calls = append(calls, request{version: api.EnsVersion, action: "UnAssociateEnsEipAddress", params: map[string]string{k.id: s.ID}})
			}
			p.add(Delete, s.key(), nil,
				append(calls, request{version: api.EnsVersion, action: k.remove, params: map[string]string{k.removed: s.ID}})...)
		}
	}
}
