package manifest

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"elbow/internal/api"
)

// Apply executes the steps in their order, and calls done after each. It ends at
// the first refused call; completed steps stay, and a new plan continues from
// there.
func Apply(ctx context.Context, call Caller, steps []Step, s *State, done func(Step)) error {
	ids := known(s)
	for _, step := range steps {
		for _, r := range step.calls {
			if err := ids.make(ctx, call, r); err != nil {
				return fmt.Errorf("%s %s: %s: %w", step.Change, step.What, r.action, err)
			}
		}
		done(step)
	}
	return nil
}

// A directory maps names to ids. The steps add to it.
type directory struct {
	loadBalancers map[string]string
	certificates  map[string]string
	made          map[string]string // other things by their keys
}

func known(s *State) directory {
	d := directory{make(map[string]string), make(map[string]string), make(map[string]string)}
	for _, c := range s.Certificates {
		d.certificates[c.Name] = c.ID
	}
	return d
}

// make makes a call, and records the id of what it created.
func (d directory) make(ctx context.Context, call Caller, r request) error {
	params := maps.Clone(r.params)
	if r.loadBalancer != "" {
		params["LoadBalancerId"] = d.loadBalancers[r.loadBalancer]
	}
	if len(r.certificates) > 0 {
		ids := make([]string, len(r.certificates))
		for i, name := range r.certificates {
			ids[i] = d.certificates[name]
		}
		params["ServerCertificateId"] = strings.Join(ids, ",")
	}
	for param, key := range r.refs {
		params[param] = d.made[key]
	}
	switch r.action {
	case createLoadBalancer:
		made, err := ask[api.CreateLoadBalancerOutput](ctx, call, r.version, r.action, params)
		if err == nil {
			d.loadBalancers[r.makes] = made.LoadBalancerID
			d.made[balancerKey(r.makes)] = made.LoadBalancerID
		}
		return err
	case uploadCertificate:
		made, err := ask[api.UploadUserCertificateOutput](ctx, call, r.version, r.action, params)
		if err == nil {
			d.certificates[params["Name"]] = fmt.Sprint(made.CertID)
		}
		return err
	}
	made, err := ask[map[string]any](ctx, call, r.version, r.action, params)
	if err == nil && r.made != "" {
		d.made[r.makes] = fmt.Sprint((*made)[r.made])
	}
	return err
}
