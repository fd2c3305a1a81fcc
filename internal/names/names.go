// Package names keeps the addresses of DNS names current. A name that is watched
// is looked up again when the TTL of its records has passed; while it cannot be
// resolved, it keeps the addresses of the last answer that had any. It knows
// nothing of load balancers. Start reading at Resolver.Watch, then follow.
package names

import (
	"context"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Config configures a Resolver.
type Config struct {
	// Servers are asked in this order, and names are complete: no search list
	// applies. Empty: servers, search list and options are those of
	// /etc/resolv.conf, which is read for each lookup.
	Servers []netip.AddrPort

	// File keeps the addresses of the watched names, so that a process that starts
	// while DNS does not answer has them. "": none.
	File string

	Log *slog.Logger // nil: slog.Default()
}

// A Resolver looks up names, and repeats that for those that are watched. The nil
// Resolver watches nothing.
type Resolver struct {
	config Config
	log    *slog.Logger
	least  time.Duration // minTTL, except in tests
	gate   chan struct{} // a token for each lookup in progress

	ctx     context.Context // of all lookups of watched names
	cancel  context.CancelFunc
	running sync.WaitGroup // of follow

	counts  counts
	changed chan struct{}

	mu      sync.Mutex
	watched map[string]*entry // guarded by mu
	recent  map[string]answer // guarded by mu; of names that were not watched
	saved   map[string]record // guarded by mu; as read from the file, for names that are not watched yet

	file  sync.Mutex
	holds bool // guarded by file; the file is this process's
}

// An entry is a watched name.
type entry struct {
	name string
	stop context.CancelFunc

	// Guarded by Resolver.mu.
	addresses []netip.Addr // in use; not modified
	resolved  time.Time    // when they were the answer last; zero: never
	err       error        // of the last lookup; nil if it succeeded
	tries     int          // failed ones in a row
	due       time.Duration

	looked chan struct{} // closed when there are addresses, or a lookup has ended
}

// An answer is the result of a lookup.
type answer struct {
	addresses []netip.Addr // sorted, at least one
	ttl       time.Duration
	at        time.Time
}

// New returns a Resolver that watches nothing yet.
func New(c Config) *Resolver {
	r := &Resolver{
		config: c, log: c.Log, least: minTTL, gate: make(chan struct{}, maxLookups), changed: make(chan struct{}, 1),
		watched: make(map[string]*entry), recent: make(map[string]answer),
	}
	if r.log == nil {
		r.log = slog.Default()
	}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r
}

// Close ends all lookups.
func (r *Resolver) Close() {
	r.cancel()
	r.running.Wait()
}

// Changed receives when the addresses of a watched name have changed, or when it
// resolves no longer, or again. Changes in quick succession may be merged.
func (r *Resolver) Changed() <-chan struct{} {
	if r == nil {
		return nil
	}
	return r.changed
}

// Watch makes the names of the set the watched ones. They must be in lower case:
// names are the same whatever the case of their letters (RFC 4343). Names that were
// watched before keep their addresses. It does not keep the set.
func (r *Resolver) Watch(set map[string]struct{}) {
	if r == nil {
		return
	}
	if r.follows(set) {
		r.running.Go(r.save) // the caller does not wait for the disk; Close waits
	}
}

// follows makes the names of the set the watched ones, and reports whether that
// changed anything.
func (r *Resolver) follows(set map[string]struct{}) (changed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, e := range r.watched {
		if _, wanted := set[name]; !wanted {
			e.stop()
			delete(r.watched, name)
			changed = true
		}
	}
	for name := range set {
		if r.watched[name] == nil {
			r.begin(name)
			changed = true
		}
	}
	return changed
}

// begin starts to watch a name. It is called with mu held.
func (r *Resolver) begin(name string) {
	ctx, stop := context.WithCancel(r.ctx)
	e := &entry{name: name, stop: stop, looked: make(chan struct{})}
	if a, known := r.recent[name]; known {
		e.addresses, e.resolved = a.addresses, a.at
		e.due = max(time.Until(a.at.Add(min(a.ttl, maxTTL))), 0)
		delete(r.recent, name)
	} else if s, known := r.saved[name]; known {
		e.addresses, e.resolved = s.Addresses, s.Resolved
		delete(r.saved, name)
	}
	if e.addresses != nil {
		close(e.looked)
	}
	r.watched[name] = e
	r.running.Go(func() { r.follow(ctx, e) }) // ends with ctx; Close waits
}

// Looked returns when every watched name has addresses or has been looked up
// once, or when ctx ends.
func (r *Resolver) Looked(ctx context.Context) {
	if r == nil {
		return
	}
	r.mu.Lock()
	all := slices.Collect(maps.Values(r.watched))
	r.mu.Unlock()
	for _, e := range all {
		select {
		case <-e.looked:
		case <-ctx.Done():
			return
		}
	}
}

// Addresses are the addresses of a watched name in ascending order; none if it
// has not been resolved yet, or is not watched. The slice is shared and must not
// be modified.
func (r *Resolver) Addresses(name string) []netip.Addr {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if e := r.watched[name]; e != nil {
		return e.addresses
	}
	return nil
}

// Lookup returns the addresses of a name in lower case: of a watched one those
// in use, even if it does not resolve at present, of another one those that DNS
// has.
func (r *Resolver) Lookup(ctx context.Context, name string) ([]netip.Addr, error) {
	if a := r.known(name); a != nil {
		return a, nil
	}
	a, err := r.look(ctx, name, nil)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.recent) >= maxRecent {
		clear(r.recent) // they are only a saving
	}
	if r.watched[name] == nil {
		r.recent[name] = a
	}
	return a.addresses, nil
}

// known are the addresses of a name without a lookup.
func (r *Resolver) known(name string) []netip.Addr {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e := r.watched[name]; e != nil {
		return e.addresses
	}
	if a, known := r.recent[name]; known && time.Since(a.at) < max(a.ttl, r.least) {
		return a.addresses
	}
	return nil
}

// A State has the addresses of a watched name and the result of its last lookup.
type State struct {
	Name      string
	Addresses []netip.Addr // in use
	Resolved  time.Time    // when they were the answer last; zero: never
	Err       error        // of the last lookup; nil if it succeeded
}

// States are the states of all watched names, by name.
func (r *Resolver) States() []State {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []State
	for _, name := range slices.Sorted(maps.Keys(r.watched)) {
		all = append(all, r.watched[name].state())
	}
	return all
}

// State is the state of one name; the zero State of one that is not watched.
func (r *Resolver) State(name string) State {
	if r == nil {
		return State{}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if e := r.watched[name]; e != nil {
		return e.state()
	}
	return State{}
}

// state is called with mu held.
func (e *entry) state() State { return State{e.name, e.addresses, e.resolved, e.err} }
