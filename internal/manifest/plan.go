package manifest

import (
	"cmp"
	"fmt"
	"slices"

	"elbow/internal/api"
)

// A Change is what a step does to a thing.
type Change string

// The changes, as they are shown.
const (
	Create  Change = "+"
	Modify  Change = "~"
	Replace Change = "±" // delete and create anew: what is under way is drained
	Delete  Change = "-"
)

// A Step is a part of the way from what a server has to what is wanted.
type Step struct {
	Change  Change
	What    string   // "listener shop:443"
	Details []string // a line each
	calls   []request
}

// A request is a call of a step. Ids that only the steps before make known are
// put in when it is made.
type request struct {
	version, action string
	params          map[string]string
	loadBalancer    string // name of the one whose id is LoadBalancerId; "" if none
	certificate     string // name of the one whose id is ServerCertificateId; "" if none
}

// Options say how far a plan goes.
type Options struct {
	// Prune releases load balancers that the manifest does not have, and deletes
	// certificates that it does not have and no listener uses.
	Prune bool
}

// Plan lists the steps from what the server has to what is wanted, none if they
// are the same. The order keeps traffic going: certificates come before
// listeners that use them, new backends before old ones leave. A field that is
// left out of the manifest takes its default; one without a default stays as it
// is.
func Plan(m *Manifest, s *State, o Options) ([]Step, error) {
	p := &planner{state: s, prune: o.Prune}
	for _, c := range m.Certificates {
		p.certificate(c)
	}
	for _, lb := range m.LoadBalancers {
		if err := p.loadBalancer(lb); err != nil {
			return nil, fmt.Errorf("line %d: load balancer %s: %w", lb.line, lb.Name, err)
		}
	}
	if o.Prune {
		p.releaseOthers(m)
		p.deleteOthers(m)
	}
	return p.steps, nil
}

// A planner collects steps.
type planner struct {
	state *State
	prune bool
	steps []Step
	names map[string]string // certificate of the manifest → its name on the server
}

func (p *planner) add(change Change, what string, details []string, calls ...request) {
	p.steps = append(p.steps, Step{change, what, details, calls})
}

// certificate plans an upload, unless the server has this certificate under this
// name or under the one that it gets when the name is taken by another.
func (p *planner) certificate(c Certificate) {
	if p.names == nil {
		p.names = make(map[string]string)
	}
	renewed := c.Name + "-" + c.Sha2[:8]
	p.names[c.Name] = c.Name
	for _, stored := range p.state.Certificates {
		if stored.Sha2 == c.Sha2 && (stored.Name == c.Name || stored.Name == renewed) {
			p.names[c.Name] = stored.Name
			return
		}
	}
	if p.stored(c.Name) != nil {
		p.names[c.Name] = renewed
	}
	name := p.names[c.Name]
	p.add(Create, "certificate "+name, []string{"SHA-256 " + c.Sha2}, request{
		version: api.CasVersion, action: uploadCertificate, params: map[string]string{"Name": name, "Cert": c.Cert, "Key": c.Key},
	})
}

const uploadCertificate = "UploadUserCertificate"

// stored is the certificate of a name on the server, nil if there is none.
func (p *planner) stored(name string) *StoredCertificate {
	i := slices.IndexFunc(p.state.Certificates, func(c StoredCertificate) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return &p.state.Certificates[i]
}

// loadBalancer plans one load balancer with all that it has.
func (p *planner) loadBalancer(lb LoadBalancer) error {
	stored, err := p.find(lb)
	if err != nil {
		return err
	}
	var now LoadBalancer
	if stored == nil {
		now = LoadBalancer{Active: true}
		p.create(lb)
	} else {
		now = stored.LoadBalancer
	}
	if lb.Active && !now.Active {
		p.status(lb)
	}
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

// find is the load balancer of this name on the server, nil if there is none.
func (p *planner) find(lb LoadBalancer) (*StoredLoadBalancer, error) {
	var found *StoredLoadBalancer
	for i, s := range p.state.LoadBalancers {
		if s.Name != lb.Name {
			continue
		}
		if found != nil {
			return nil, fmt.Errorf("the server has two of this name, %s and %s: rename one with ModifyLoadBalancerAttribute", found.ID, s.ID)
		}
		found = &p.state.LoadBalancers[i]
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
	params := map[string]string{"LoadBalancerName": lb.Name}
	var details []string
	for _, name := range loadBalancerFields {
		params[name] = lb.Fields[name]
		details = append(details, name+" "+lb.Fields[name])
	}
	p.add(Create, "load balancer "+lb.Name, details, request{version: api.EnsVersion, action: createLoadBalancer, params: params})
}

func (p *planner) status(lb LoadBalancer) {
	wanted, was := "Active", "InActive"
	if !lb.Active {
		wanted, was = was, wanted
	}
	p.add(Modify, "load balancer "+lb.Name, []string{"LoadBalancerStatus " + was + " → " + wanted}, request{
		version: api.EnsVersion, action: "SetLoadBalancerStatus", params: map[string]string{"LoadBalancerStatus": wanted}, loadBalancer: lb.Name,
	})
}

func (p *planner) releaseOthers(m *Manifest) {
	for _, s := range p.state.LoadBalancers {
		if !slices.ContainsFunc(m.LoadBalancers, func(lb LoadBalancer) bool { return lb.Name == s.Name }) {
			p.add(Delete, "load balancer "+cmp.Or(s.Name, s.ID), []string{"with its listeners and backends"}, request{
				version: api.EnsVersion, action: "ReleaseInstance", params: map[string]string{"InstanceId": s.ID},
			})
		}
	}
}

// deleteOthers plans to delete certificates that neither the manifest has nor a
// listener uses once the steps before are done.
func (p *planner) deleteOthers(m *Manifest) {
	used := make(map[string]bool) // by name, and by id
	for _, name := range p.names {
		used[name] = true
	}
	for _, lb := range m.LoadBalancers {
		for _, l := range lb.Listeners {
			used[cmp.Or(p.names[l.Certificate], l.Certificate, l.Fields["ServerCertificateId"])] = true
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
