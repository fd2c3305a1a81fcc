package manifest

import (
	"cmp"
	"encoding/json"
	"slices"
)

// maxItems is the maximum number of backends in one call.
const maxItems = 20

// registered are the resources with the instances, of the file and of the server.
type registered struct {
	wanted []Resource
	stored []StoredResource
}

// locate gives each backend without an address that of its instance, in the file or else
// on the server, or the domain name: so does the server when the backend is added. What
// the pool has stays if there is no such instance any more.
func (r registered) locate(all []Backend, now LoadBalancer) []Backend {
	all = slices.Clone(all)
	for i := range all {
		b := &all[i]
		if b.where() != "" {
			continue
		}
		if fields := r.instance(b.ServerID); fields != nil {
			b.IP, b.Domain = fields["PrivateIpAddress"], fields["DomainName"]
		} else if old := onPort(now.Backends, *b); old != nil {
			b.IP, b.Domain = old.IP, old.Domain
		}
	}
	return all
}

// instance are the fields of an instance in the file or on the server, nil if there is
// none.
func (r registered) instance(id string) map[string]string {
	for i := range r.wanted {
		if one := &r.wanted[i]; one.kind == instances && one.Name == id {
			return one.Fields
		}
	}
	for i := range r.stored {
		if one := &r.stored[i]; one.kind == instances && one.ID == id {
			return one.Fields
		}
	}
	return nil
}

// addBackends plans additions to the pool and changed weights.
func (p *planner) addBackends(lb, now LoadBalancer) {
	var moved, added, changed []Backend
	for _, b := range lb.Backends {
		old := backend(now.Backends, b.key())
		switch {
		case old == nil || cmp.Or(old.Type, "ens") != b.Type:
			added = append(added, b)
			if old := onPort(now.Backends, b); old != nil {
				moved = append(moved, *old)
			}
		case old.Weight != b.Weight:
			changed = append(changed, b)
		}
	}
	p.backends(Delete, "RemoveBackendServers", lb, moved, func(b Backend) string {
		if now := onPort(lb.Backends, b); now.where() == b.where() {
			return b.key() + " of Type " + b.Type + " becomes " + now.Type
		}
		return b.key() + " gets another address"
	})
	p.backends(Create, "AddBackendServers", lb, added, func(b Backend) string {
		return b.key() + " weight " + b.Weight
	})
	p.backends(Modify, "SetBackendServers", lb, changed, func(b Backend) string {
		return b.key() + " weight " + backend(now.Backends, b.key()).Weight + " → " + b.Weight
	})
}

// removeBackends plans removals from the pool.
func (p *planner) removeBackends(lb, now LoadBalancer) {
	gone := slices.DeleteFunc(slices.Clone(now.Backends), func(b Backend) bool {
		return backend(lb.Backends, b.key()) != nil || onPort(lb.Backends, b) != nil
	})
	p.backends(Delete, "RemoveBackendServers", lb, gone, Backend.key)
}

// backends plans the same change of some backends.
func (p *planner) backends(c Change, action string, lb LoadBalancer, some []Backend, detail func(Backend) string) {
	if len(some) == 0 {
		return
	}
	var details []string
	for _, b := range some {
		details = append(details, detail(b))
	}
	var calls []request
	for items := range slices.Chunk(some, maxItems) {
		calls = append(calls, to(lb, action, map[string]string{"BackendServers": backendsText(items)}))
	}
	p.add(c, "backends of "+lb.Label(), details, calls...)
}

// onPort returns the backend with the server and port of b, whatever its address,
// nil if there is none: a pool has at most one of them.
func onPort(all []Backend, b Backend) *Backend {
	i := slices.IndexFunc(all, func(old Backend) bool { return old.ServerID == b.ServerID && old.Port == b.Port })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// backendsText is the JSON text for the calls.
func backendsText(some []Backend) string {
	type item struct {
		ServerID string `json:"ServerId"`
		IP       string `json:"Ip"`
		Port     string
		Type     string
		Weight   string
	}
	items := make([]item, len(some))
	for i, b := range some {
		items[i] = item{b.ServerID, b.IP, b.Port, b.Type, b.Weight}
	}
	text, err := json.Marshal(items)
	if err != nil {
		panic(err) // texts always encode
	}
	return string(text)
}

// backend returns the backend with a key, nil if there is none.
func backend(all []Backend, key string) *Backend {
	i := slices.IndexFunc(all, func(b Backend) bool { return b.key() == key })
	if i < 0 {
		return nil
	}
	return &all[i]
}
