package names

import (
	"context"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"
)

// counts are the numbers of lookups since the start.
type counts struct {
	answered, absent, failed atomic.Uint64
}

// Counts are the numbers of lookups by result: with addresses; those to which the
// answer was that the name, or an address of it, does not exist; and those
// without any answer.
func (r *Resolver) Counts() (answered, absent, failed uint64) {
	return r.counts.answered.Load(), r.counts.absent.Load(), r.counts.failed.Load()
}

// follow looks up a watched name until ctx ends.
func (r *Resolver) follow(ctx context.Context, e *entry) {
	next := time.NewTimer(e.due)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-next.C:
		}
		a, err := r.look(ctx, e.name, r.Addresses(e.name))
		if ctx.Err() != nil {
			return
		}
		next.Reset(r.record(e, a, err))
	}
}

// look makes one lookup, when its turn has come. had are the addresses of the name
// so far.
func (r *Resolver) look(ctx context.Context, name string, had []netip.Addr) (answer, error) {
	select {
	case r.gate <- struct{}{}:
	case <-ctx.Done():
		return answer{}, ctx.Err()
	}
	defer func() { <-r.gate }()
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	a, err := r.ask(ctx, name, had)
	switch {
	case err == nil:
		r.counts.answered.Add(1)
	case IsAbsent(err):
		r.counts.absent.Add(1)
	default:
		r.counts.failed.Add(1)
	}
	return a, err
}

// record puts the result of a lookup of a watched name into use, and returns the
// time until the next one. A lookup without addresses changes no address, even if
// the answer is that the name does not exist: health checks find out whether the
// servers are there, and a mistake in a zone must not end their traffic.
func (r *Resolver) record(e *entry, a answer, err error) time.Duration {
	r.mu.Lock()
	before := e.state()
	e.err = err
	wait := until(a.ttl, r.least)
	if err != nil {
		e.tries++
		wait = pause(e.tries)
	} else {
		e.tries, e.resolved = 0, a.at
		if !slices.Equal(a.addresses, e.addresses) {
			e.addresses = a.addresses
		}
	}
	after := e.state()
	select {
	case <-e.looked:
	default:
		close(e.looked)
	}
	r.mu.Unlock()
	if !slices.Equal(before.Addresses, after.Addresses) {
		r.save()
	}
	r.tell(before, after)
	return wait
}

// tell logs a change, and passes it on.
func (r *Resolver) tell(before, after State) {
	moved := !slices.Equal(before.Addresses, after.Addresses)
	switch {
	case after.Err != nil && before.Err == nil:
		r.log.Warn("name not resolved, its last addresses stay", "name", after.Name, "addresses", texts(after.Addresses), "err", after.Err)
	case after.Err == nil && before.Err != nil:
		r.log.Info("name resolved again", "name", after.Name, "addresses", texts(after.Addresses))
	case moved:
		r.log.Info("name resolved", "name", after.Name, "addresses", texts(after.Addresses))
	}
	if moved || (before.Err == nil) != (after.Err == nil) {
		select {
		case r.changed <- struct{}{}:
		default: // already signalled
		}
	}
}

func texts(all []netip.Addr) []string {
	out := make([]string, len(all))
	for i, a := range all {
		out[i] = a.String()
	}
	return out
}
