package manifest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"elbow/internal/api"
)

// A Change is the effect of a step on a resource.
type Change string

// The changes, as displayed.
const (
	Create  Change = "+"
	Modify  Change = "~"
	Replace Change = "±" // delete and create again: connections are drained
	Delete  Change = "-"
)

// A Step is a part of the way from the present to the desired state.
type Step struct {
	Change  Change
	What    string   // "listener shop:443"
	Details []string // one line each
	calls   []request
}

// A request is a call of a step. Ids that only become known in earlier steps are
// filled in when it is made.
type request struct {
	version, action string
	params          map[string]string
	makes           string            // name of the load balancer, or key of the resource, that it creates; "" if none
	made            string            // field of the answer with the id of a resource
	refs            map[string]string // parameters that are ids of what steps before create → its key
	loadBalancer    string            // name of a created one whose id is LoadBalancerId; "" if none
	certificates    []string          // names of those whose ids are ServerCertificateId
}

// Options limit a plan.
type Options struct {
	// Prune deletes load balancers that are not in the manifest, and certificates
	// that are not in it and not used by any listener.
	Prune bool
}

// Plan lists the steps from the present to the desired state, none if they are
// the same. The order keeps traffic going: certificates come before listeners
// that use them, new backends before old ones are removed. A field that is left
// out of the manifest gets its default; one without a default does not change.
func Plan(m *Manifest, s *State, o Options) ([]Step, error) {
	p := &planner{
		state: s, prune: o.Prune, byID: make(map[string]bool), kept: make(map[string]bool),
		certs: certificateNames{stored: s.Certificates, names: make(map[string]string)}, known: knownIDs(s),
	}
	for _, c := range m.Certificates {
		p.certificate(c)
	}
	for _, lb := range m.LoadBalancers {
		p.byID[lb.ID] = true
	}
	p.servers = registered{m.Resources, s.Resources}
	for i := range m.Resources {
		if err := p.resource(&m.Resources[i]); err != nil {
			return nil, fmt.Errorf("line %d: %s: %w", m.Resources[i].line, m.Resources[i].key(), err)
		}
	}
	for _, lb := range m.LoadBalancers {
		if err := p.loadBalancer(lb); err != nil {
			return nil, fmt.Errorf("line %d: load balancer %s: %w", lb.line, lb.Name, err)
		}
	}
	for i := range m.Resources {
		if err := p.associate(&m.Resources[i]); err != nil {
			return nil, fmt.Errorf("line %d: %s: %w", m.Resources[i].line, m.Resources[i].key(), err)
		}
	}
	if o.Prune {
		p.deleteResources(m, eips)
		p.releaseOthers()
		p.deleteResources(m, instances, vSwitches, networks)
		p.deleteOthers(m)
	}
	return p.steps, nil
}

// A planner collects steps.
type planner struct {
	state *State
	prune bool
	steps []Step
	certs certificateNames
	known ids             // of what the server has and what the steps create
	byID  map[string]bool // load balancers that an entry of the manifest names by id
	kept  map[string]bool // load balancers and resources of the server in the manifest, by id

	servers registered
}

func (p *planner) add(change Change, what string, details []string, calls ...request) {
	p.steps = append(p.steps, Step{change, what, details, calls})
}

// certificate plans an upload, unless the server has the certificate.
func (p *planner) certificate(c Certificate) {
	name, stored := p.certs.choose(c)
	if stored {
		return
	}
	p.add(Create, "certificate "+name, []string{"SHA-256 " + c.Sha2}, request{
		version: api.CasVersion, action: uploadCertificate, params: map[string]string{"Name": name, "Cert": c.Cert, "Key": c.Key},
	})
}

const uploadCertificate = "UploadUserCertificate"

// loadBalancer plans one load balancer with its content.
func (p *planner) loadBalancer(lb LoadBalancer) error {
	lb.Fields = maps.Clone(lb.Fields)
	if err := p.place(&lb); err != nil {
		return err
	}
	stored, err := p.find(lb)
	if err != nil {
		return err
	}
	var now LoadBalancer
	if stored == nil {
		now = LoadBalancer{Active: true}
		p.known.of[balancerKey(lb.Name)] = ""
		p.create(lb)
	} else {
		now = stored.LoadBalancer
		lb.stored = stored.ID
		p.known.of[balancerKey(lb.Name)] = stored.ID
		p.kept[stored.ID] = true
	}
	if stored != nil && stored.Name != lb.Name {
		if err := p.rename(lb, stored.Name); err != nil {
			return err
		}
	}
	if lb.Active && !now.Active {
		p.status(lb)
	}
	lb.Backends = p.servers.locate(lb.Backends, now)
	p.addBackends(lb, now)
	if err := p.listeners(lb, now); err != nil {
		return err
	}
	p.removeBackends(lb, now)
	if !lb.Active && now.Active {
		p.status(lb)
	}
	return nil
}

// find returns the load balancer on the server with this id, or else this name;
// nil if there is none of the name. If another entry has its id, it belongs to
// that entry.
func (p *planner) find(lb LoadBalancer) (*StoredLoadBalancer, error) {
	var found *StoredLoadBalancer
	for i, s := range p.state.LoadBalancers {
		if lb.ID != "" && s.ID != lb.ID || lb.ID == "" && (s.Name != lb.Name || p.byID[s.ID]) {
			continue
		}
		if found != nil {
			return nil, fmt.Errorf("the server has two of this name, %s and %s: say which with LoadBalancerId, or rename one with ModifyLoadBalancerAttribute", found.ID, s.ID)
		}
		found = &p.state.LoadBalancers[i]
	}
	if found == nil && lb.ID != "" {
		return nil, fmt.Errorf("the server has no load balancer %s: leave LoadBalancerId out to have one created", lb.ID)
	}
	if found == nil {
		return nil, nil
	}
	for _, name := range loadBalancerFields {
		if lb.Fields[name] != found.Fields[name] {
			return nil, fmt.Errorf("%s is %s and cannot be made %s: release it first, or give the new one another name",
				name, found.Fields[name], lb.Fields[name])
		}
	}
	return found, nil
}

func (p *planner) create(lb LoadBalancer) {
	params := map[string]string{"LoadBalancerName": createdName(lb.Name)}
	var details []string
	for _, name := range loadBalancerFields {
		params[name] = lb.Fields[name]
		details = append(details, name+" "+lb.Fields[name])
	}
	calls := []request{{version: api.EnsVersion, action: createLoadBalancer, params: params, makes: lb.Name, refs: lb.place.refs}}
	if params["LoadBalancerName"] != lb.Name {
		calls = append(calls, to(lb, renameLoadBalancer, map[string]string{"LoadBalancerName": lb.Name}))
	}
	p.add(Create, "load balancer "+lb.Label(), details, calls...)
}

func (p *planner) rename(lb LoadBalancer, was string) error {
	if err := checkRename(lb.Name); err != nil {
		return err
	}
	p.add(Modify, "load balancer "+lb.Label(), []string{"LoadBalancerName " + was + " → " + lb.Name},
		to(lb, renameLoadBalancer, map[string]string{"LoadBalancerName": lb.Name}))
	return nil
}

func (p *planner) status(lb LoadBalancer) {
	wanted, was := "Active", "InActive"
	if !lb.Active {
		wanted, was = was, wanted
	}
	p.add(Modify, "load balancer "+lb.Label(), []string{"LoadBalancerStatus " + was + " → " + wanted},
		to(lb, "SetLoadBalancerStatus", map[string]string{"LoadBalancerStatus": wanted}))
}

// to is a call for one load balancer, whose id is known already or after it is
// created.
func to(lb LoadBalancer, action string, params map[string]string) request {
	r := request{version: api.EnsVersion, action: action, params: params}
	if lb.stored == "" {
		r.loadBalancer = lb.Name
	} else {
		params["LoadBalancerId"] = lb.stored
	}
	return r
}

// Label identifies a load balancer in a plan: with its id where the file has it.
func (lb LoadBalancer) Label() string {
	if lb.ID == "" {
		return lb.Name
	}
	return lb.Name + " (" + lb.ID + ")"
}

func (p *planner) releaseOthers() {
	for _, s := range p.state.LoadBalancers {
		if !p.kept[s.ID] {
			name := s.Name
			if s.Shared {
				name += " (" + s.ID + ")"
			}
			p.add(Delete, "load balancer "+cmp.Or(name, s.ID), []string{"with its listeners and backends"}, request{
				version: api.EnsVersion, action: "ReleaseInstance", params: map[string]string{"InstanceId": s.ID},
			})
		}
	}
}

// deleteOthers plans to delete certificates that are neither in the manifest nor
// used by a listener after the other steps.
func (p *planner) deleteOthers(m *Manifest) {
	used := make(map[string]bool) // by name, and by id
	for _, name := range p.certs.names {
		used[name] = true
	}
	for _, lb := range m.LoadBalancers {
		for _, l := range lb.Listeners {
			for _, name := range slices.Concat(p.certs.of(l), certificateIDs(l)) {
				used[name] = true
			}
		}
	}
	for _, c := range p.state.Certificates {
		if !used[c.Name] && !used[c.ID] {
			p.add(Delete, "certificate "+c.Name, nil, request{
				version: api.CasVersion, action: "DeleteUserCertificate", params: map[string]string{"CertId": c.ID},
			})
		}
	}
}
