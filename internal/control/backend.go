package control

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"elbow/internal/api"
	"elbow/internal/elb"
	"elbow/internal/store"
)

// backendAPI has the operations of backends.
type backendAPI struct {
	shared
	reach  *elb.Reach // what may be added
	lookup Lookup     // nil: no name resolves
}

// AddBackendServers adds backends to the pool of a load balancer, all or none. A
// domain name must resolve, and is looked up outside of the transaction.
func (s *backendAPI) AddBackendServers(ctx context.Context, in *api.AddBackendServersInput) (out api.AddBackendServersOutput, err error) {
	var added []elb.Backend
	looked := make(lookups)
	err = errNotLookedUp
	for errors.Is(err, errNotLookedUp) { // once more if a name was registered meanwhile
		added, err = s.addBackends(ctx, in, looked)
		s.lookUp(ctx, looked)
	}
	out.BackendServers = servers(added)
	return out, err
}

// addBackends is one attempt of AddBackendServers.
func (s *backendAPI) addBackends(ctx context.Context, in *api.AddBackendServersInput, looked lookups) (added []elb.Backend, err error) {
	err = s.changePool(ctx, in.LoadBalancerID, func(tx *store.Tx, pool []elb.Backend) ([]elb.Backend, error) {
		added = nil
		if !looked.have(tx, in.BackendServers) {
			return nil, errNotLookedUp
		}
		for i, item := range in.BackendServers {
			b := item.Backend
			if !b.IP.IsValid() {
				var found bool
				if b.IP, b.DomainName, found = addressOf(tx, b.ServerID); !found {
					return nil, missingAddress(i+1, b.ServerID)
				}
			}
			if err := s.mayBeAdded(tx, in.LoadBalancerID, i+1, b, looked); err != nil {
				return nil, err
			}
			if slices.ContainsFunc(pool, func(old elb.Backend) bool { return sameServer(old, b) }) {
				return nil, api.ErrBackendServerExists.New(b.ServerID)
			}
			pool, added = append(pool, b), append(added, b)
		}
		if len(pool) > maxBackends {
			return nil, api.ErrTooManyBackendServers.New(strconv.Itoa(maxBackends))
		}
		return pool, nil
	})
	return added, err
}

// missingAddress is the error for item n, counted from 1, that has no Ip and
// names no registered server.
func missingAddress(n int, id string) error {
	return api.MissingMember("BackendServers", n, "Ip").Because("no instance " + id + " is registered: give Ip, or register its address with RegisterInstance")
}

// sameServer reports whether two backends are the same: a server may be in a pool
// several times, on different ports.
func sameServer(a, b elb.Backend) bool { return a.ServerID == b.ServerID && a.Port == b.Port }

// SetBackendServers changes the weight of backends, all or none.
func (s *backendAPI) SetBackendServers(ctx context.Context, in *api.SetBackendServersInput) (out api.SetBackendServersOutput, err error) {
	var changed []elb.Backend
	err = s.changePool(ctx, in.LoadBalancerID, func(_ *store.Tx, pool []elb.Backend) ([]elb.Backend, error) {
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

// RemoveBackendServers removes backends from the pool, all or none.
func (s *backendAPI) RemoveBackendServers(ctx context.Context, in *api.RemoveBackendServersInput) (out api.RemoveBackendServersOutput, err error) {
	var removed []elb.Backend
	err = s.changePool(ctx, in.LoadBalancerID, func(_ *store.Tx, pool []elb.Backend) ([]elb.Backend, error) {
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

// find maps the index of each backend in the pool that an item matches to that
// item, the last one if several do. An item without a match is an error.
func find(pool []elb.Backend, items []api.BackendItem) (map[int]api.BackendItem, error) {
	named := make(map[int]api.BackendItem)
	for _, item := range items {
		found := false
		for i, b := range pool {
			if names(item, b) {
				named[i] = item
				found = true
			}
		}
		if !found {
			return nil, notInPool(pool, item)
		}
	}
	return named, nil
}

// names reports whether an item matches a backend: fields that it leaves out
// match everything.
func names(item api.BackendItem, b elb.Backend) bool {
	return item.ServerID == b.ServerID &&
		(item.AnyPort || item.Port == b.Port) &&
		(!item.IP.IsValid() || item.IP == b.IP)
}

// notInPool is the error for an item without a match, and lists the backends with
// its ServerId.
func notInPool(pool []elb.Backend, item api.BackendItem) error {
	e := api.ErrBackendServerNotFound.New(item.ServerID)
	var has []string
	for _, b := range pool {
		if b.ServerID == item.ServerID {
			has = append(has, fmt.Sprintf("%s with Port %d", b.Where(), b.Port))
		}
	}
	if has != nil {
		e.Reason = fmt.Sprintf("the pool has %s as %s; an item without Port means all of them", item.ServerID, strings.Join(has, ", "))
	}
	return e
}

func (s *backendAPI) changePool(ctx context.Context, id string, change func(*store.Tx, []elb.Backend) ([]elb.Backend, error)) error {
	return s.store.Update(ctx, func(tx *store.Tx) error {
		lb, err := activeLoadBalancer(tx, id)
		if err != nil {
			return err
		}
		if lb.Backends, err = change(tx, lb.Backends); err != nil {
			return err
		}
		store.LoadBalancers.Put(tx, lb)
		return nil
	})
}

func servers(backends []elb.Backend) (out api.BackendServers) {
	for _, b := range backends {
		out.BackendServer = append(out.BackendServer, api.BackendServer{
			IP: b.AddressText(), Port: b.Port, ServerID: b.ServerID, Type: b.Type, Weight: b.Weight, DomainName: b.DomainName,
		})
	}
	return out
}
