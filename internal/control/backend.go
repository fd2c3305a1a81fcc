package control

import (
	"context"
	"slices"
	"strconv"

	"elbow/internal/api"
	"elbow/internal/elb"
	"elbow/internal/store"
)

// AddBackendServers adds all of the backends to the pool of a load balancer,
// or none.
func (s *Service) AddBackendServers(ctx context.Context, in *api.AddBackendServersInput) (out api.AddBackendServersOutput, err error) {
	out.BackendServers = servers(in.BackendServers)
	return out, s.changePool(ctx, in.LoadBalancerID, func(pool []elb.Backend) ([]elb.Backend, error) {
		for i, b := range in.BackendServers {
			if !b.IP.IsValid() {
				return nil, api.MissingMember("BackendServers", i+1, "Ip")
			}
			if slices.ContainsFunc(pool, func(old elb.Backend) bool { return sameServer(old, b) }) {
				return nil, api.ErrBackendServerExists.New(b.ServerID)
			}
			pool = append(pool, b)
		}
		if len(pool) > maxBackends {
			return nil, api.ErrTooManyBackendServers.New(strconv.Itoa(maxBackends))
		}
		return pool, nil
	})
}

// sameServer reports whether two backends are one: a server may be in a pool
// several times, on ports of its own.
func sameServer(a, b elb.Backend) bool { return a.ServerID == b.ServerID && a.Port == b.Port }

// SetBackendServers changes the weight of all of the backends, or of none.
func (s *Service) SetBackendServers(ctx context.Context, in *api.SetBackendServersInput) (out api.SetBackendServersOutput, err error) {
	var changed []elb.Backend
	err = s.changePool(ctx, in.LoadBalancerID, func(pool []elb.Backend) ([]elb.Backend, error) {
		named, err := find(pool, in.BackendServers)
		changed = nil
		for i := range pool {
			if item, ok := named[i]; ok {
				pool[i].Weight = item.Weight
				changed = append(changed, pool[i])
			}
		}
		return pool, err
	})
	out.BackendServers = servers(changed)
	return out, err
}

// RemoveBackendServers takes all of the backends out of the pool, or none.
func (s *Service) RemoveBackendServers(ctx context.Context, in *api.RemoveBackendServersInput) (out api.RemoveBackendServersOutput, err error) {
	var removed []elb.Backend
	err = s.changePool(ctx, in.LoadBalancerID, func(pool []elb.Backend) ([]elb.Backend, error) {
		named, err := find(pool, in.BackendServers)
		removed = nil
		var left []elb.Backend
		for i, b := range pool {
			if _, ok := named[i]; ok {
				removed = append(removed, b)
			} else {
				left = append(left, b)
			}
		}
		return left, err
	})
	out.BackendServers = servers(removed)
	return out, err
}

// find maps the index of each backend in the pool that an item names to that
// item, the last if several do. An item that names none is an error.
func find(pool, items []elb.Backend) (map[int]elb.Backend, error) {
	named := make(map[int]elb.Backend)
	for _, item := range items {
		found := false
		for i, b := range pool {
			if names(item, b) {
				named[i] = item
				found = true
			}
		}
		if !found {
			return nil, api.ErrBackendServerNotFound.New(item.ServerID)
		}
	}
	return named, nil
}

// names reports whether an item means a backend: what it leaves out it leaves
// open.
func names(item, b elb.Backend) bool {
	return item.ServerID == b.ServerID &&
		(item.Port == 0 || item.Port == b.Port) &&
		(!item.IP.IsValid() || item.IP == b.IP)
}

func (s *Service) changePool(ctx context.Context, id string, change func([]elb.Backend) ([]elb.Backend, error)) error {
	return s.store.Update(ctx, func(tx *store.Tx) error {
		lb, err := activeLoadBalancer(tx, id)
		if err != nil {
			return err
		}
		if lb.Backends, err = change(lb.Backends); err != nil {
			return err
		}
		tx.PutLoadBalancer(lb)
		return nil
	})
}

func servers(backends []elb.Backend) (out api.BackendServers) {
	for _, b := range backends {
		out.BackendServer = append(out.BackendServer, api.BackendServer{
			IP: b.IP.String(), Port: b.Port, ServerID: b.ServerID, Type: b.Type, Weight: b.Weight,
		})
	}
	return out
}
