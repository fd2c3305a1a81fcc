package manifest

import "fmt"

// ids are the ids of load balancers and resources by their keys.
type ids struct {
	of    map[string]string // "" until it is created
	twice map[string]bool   // keys of several objects on the server
}

// knownIDs returns the ids that the server has for names. A name that two have is known
// by none of them.
func knownIDs(s *State) ids {
	i := ids{of: make(map[string]string), twice: make(map[string]bool)}
	add := func(key, id string) {
		if _, twice := i.of[key]; twice {
			i.twice[key] = true
		}
		i.of[key] = id
	}
	for n := range s.Resources {
		add(s.Resources[n].key(), s.Resources[n].ID)
	}
	for _, lb := range s.LoadBalancers {
		add(balancerKey(lb.Name), lb.ID)
	}
	return i
}

func balancerKey(name string) string { return "load balancer " + name }

// refer gives a call the id of what a key stands for: now, or once it is created.
func (i *ids) refer(r *request, param, key string) error {
	id, there := i.of[key]
	switch {
	case i.twice[key]:
		return fmt.Errorf("the server has two of the name %s: rename one", key)
	case !there:
		return fmt.Errorf("neither the file nor the server has a %s", key)
	case id != "":
		r.params[param] = id
	default:
		if r.refs == nil {
			r.refs = make(map[string]string)
		}
		r.refs[param] = key
	}
	return nil
}
