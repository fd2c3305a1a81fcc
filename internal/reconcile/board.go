package reconcile

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"elbow/internal/elb"
)

// A board holds the status of each listener and reports changes to the store.
// Statuses that the store does not accept stay on it: traffic does not wait for a
// report.
type board struct {
	node   string
	report Report
	log    *slog.Logger

	wake chan struct{} // signals that there is something to report
	done chan struct{} // closed when run has ended

	mu       sync.Mutex
	statuses map[elb.ListenerKey]elb.ListenerStatus // guarded by mu
	untold   map[elb.ListenerKey]struct{}           // guarded by mu; a listener without a status is gone
	failed   error                                  // guarded by mu; error of the last report
	passed   bool                                   // guarded by mu; the first pass has been made
	telling  bool                                   // guarded by mu; a report is in progress

	settled chan struct{} // closed, under mu, when passed and untold is empty
}

func newBoard(node string, report Report, log *slog.Logger) *board {
	return &board{
		node:     node,
		report:   report,
		log:      log,
		wake:     make(chan struct{}, 1),
		done:     make(chan struct{}),
		statuses: make(map[elb.ListenerKey]elb.ListenerStatus),
		untold:   make(map[elb.ListenerKey]struct{}),
		settled:  make(chan struct{}),
	}
}

// resume prepares for another run, with another store that has no statuses yet.
func (b *board) resume(report Report) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.report, b.done = report, make(chan struct{})
	for k := range b.statuses {
		b.note(k)
	}
}

// pass records that a pass was made.
func (b *board) pass() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.passed = true
	b.settle()
}

// settle is called with mu held.
func (b *board) settle() {
	if !b.passed || b.telling || len(b.untold) > 0 {
		return
	}
	select {
	case <-b.settled:
	default:
		close(b.settled)
	}
}

// put replaces the status of a listener. fill adds its backends, with the lock
// held: a verdict that came before is in what fill reads, and a later one finds
// the status it belongs to.
func (b *board) put(s elb.ListenerStatus, fill func(*elb.ListenerStatus)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	fill(&s)
	k := s.Key()
	for i := range s.Backends {
		s.Backends[i].LastErr = cmp.Or(s.Backends[i].LastErr, lastErr(b.statuses[k].Backends, &s.Backends[i]))
	}
	b.statuses[k] = s
	b.note(k)
}

// lastErr is the error of an earlier verdict, if it still applies.
func lastErr(old []elb.BackendStatus, s *elb.BackendStatus) string {
	for i := range old {
		if old[i].ServerID == s.ServerID && old[i].Address == s.Address && old[i].Health == s.Health {
			return old[i].LastErr
		}
	}
	return ""
}

// remove forgets a listener that this node no longer handles.
func (b *board) remove(k elb.ListenerKey) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, there := b.statuses[k]; there {
		delete(b.statuses, k)
		b.note(k)
	}
}

// verdict replaces the status of one backend of a listener. A verdict on a
// backend that has left meanwhile is dropped.
func (b *board) verdict(k elb.ListenerKey, v elb.BackendStatus) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.statuses[k]
	for i := range s.Backends {
		if s.Backends[i].ServerID != v.ServerID || s.Backends[i].Address != v.Address || s.Backends[i] == v {
			continue
		}
		s.Backends = slices.Clone(s.Backends) // the old slice may be in a report
		s.Backends[i] = v
		b.statuses[k] = s
		b.note(k)
	}
}

// all copies every status.
func (b *board) all() []elb.ListenerStatus {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(maps.Values(b.statuses))
}

// note is called with mu held.
func (b *board) note(k elb.ListenerKey) {
	b.untold[k] = struct{}{}
	select {
	case b.wake <- struct{}{}:
	default: // already signalled
	}
}

// err is why the store did not accept the last report, nil if it did.
func (b *board) err() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failed
}

// run reports changes to the store until ctx ends.
func (b *board) run(ctx context.Context) {
	defer close(b.done)
	for tries := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-b.wake:
		}
		gap := reportGap
		if b.tell(ctx) {
			tries = 0
		} else {
			tries++
			gap = pause(tries)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(gap):
		}
	}
}

// wait returns when run has.
func (b *board) wait() { <-b.done }

// tell makes one report and reports whether the store accepted it.
func (b *board) tell(ctx context.Context) bool {
	changed, gone := b.take()
	reporting, cancel := context.WithTimeout(ctx, reportTimeout)
	defer cancel()
	err := b.report(reporting, b.node, changed, gone)

	b.mu.Lock()
	was := b.failed
	b.failed, b.telling = err, false
	if err != nil {
		for i := range changed {
			b.note(changed[i].Key())
		}
		for _, k := range gone {
			b.note(k)
		}
	}
	b.settle()
	b.mu.Unlock()

	switch {
	case ctx.Err() != nil: // the end of the program cancelled it
	case err != nil && was == nil:
		b.log.Warn("status not reported, traffic is not affected", "err", err)
	case err == nil && was != nil:
		b.log.Info("status reported again")
	}
	return err == nil
}

// take returns the next report from the unreported statuses. If they exceed one
// report, it wakes run again.
func (b *board) take() (changed []elb.ListenerStatus, gone []elb.ListenerKey) {
	b.mu.Lock()
	defer b.mu.Unlock()
	size := 0
	for k := range b.untold {
		s, there := b.statuses[k]
		if size += 1 + len(s.Backends); size > reportSize && len(changed)+len(gone) > 0 {
			b.note(k)
			break
		}
		if there {
			changed = append(changed, s)
		} else {
			gone = append(gone, k)
		}
		delete(b.untold, k)
	}
	b.telling = true
	return changed, gone
}
