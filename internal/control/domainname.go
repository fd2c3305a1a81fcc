package control

import (
	"context"
	"errors"
	"net/netip"
	"sync"

	"elbow/internal/api"
	"elbow/internal/store"
)

// A Lookup returns the addresses of a domain name in lower case, at least one.
type Lookup func(ctx context.Context, name string) ([]netip.Addr, error)

// lookups are the results of the lookups of a call, by domain name; nil for a name
// that is still to be looked up.
type lookups map[string]*looked

// looked is the result of one lookup.
type looked struct {
	addresses []netip.Addr
	err       error
}

// errNotLookedUp ends a transaction that needs the addresses of a domain name
// first.
var errNotLookedUp = errors.New("a domain name is to be looked up")

// have reports whether the domain names of the servers in the items, those without
// Ip, were looked up, and notes those that were not.
func (l lookups) have(tx *store.Tx, items []api.BackendItem) bool {
	all := true
	for _, item := range items {
		if item.IP.IsValid() {
			continue
		}
		if _, name, _ := addressOf(tx, item.ServerID); name != "" && l[name] == nil {
			l[name] = nil
			all = false
		}
	}
	return all
}

// lookUp looks up the names that were noted, all at once: at most one per item of
// a call.
func (s *backendAPI) lookUp(ctx context.Context, l lookups) {
	var all sync.WaitGroup
	for name, done := range l {
		if done != nil {
			continue
		}
		one := new(looked)
		l[name] = one
		all.Go(func() { one.addresses, one.err = s.addresses(ctx, name) })
	}
	all.Wait()
}

func (s *backendAPI) addresses(ctx context.Context, name string) ([]netip.Addr, error) {
	if s.lookup == nil {
		return nil, errors.New("this server resolves no names")
	}
	return s.lookup(ctx, name)
}
