package reconcile

import (
	"context"
	"time"

	"elbow/internal/elb"
)

// Run makes what runs follow the desired state until ctx ends. The listeners then
// continue; Drain ends them.
func (l *Loop) Run(ctx context.Context) {
	reporting, stop := context.WithCancel(ctx)
	defer l.board.wait()
	defer stop()
	go l.board.run(reporting) // ends with reporting; wait waits

	retry := time.NewTimer(0) // the first pass needs no hint
	defer retry.Stop()
	sweep := time.NewTimer(time.Hour)
	defer sweep.Stop()
	var last time.Time
	defer l.stall.end()
	for {
		l.stall.end()
		select {
		case <-ctx.Done():
			return
		case <-l.source.Changed():
		case <-l.resolver.names.Changed():
		case <-l.again:
		case <-retry.C:
		case d := <-l.applier.drains.ended:
			l.stall.begin()
			if !l.applier.stale {
				sweep.Reset(sweepGap)
			}
			l.applier.endDrain(d)
			if l.applier.retryUDP(d) {
				l.Look()
			}
			continue
		case <-sweep.C:
			l.stall.begin()
			l.applier.sweep()
			continue
		}
		l.stall.begin()
		if !sleep(ctx, passGap-time.Since(last)) {
			return
		}
		last = time.Now()
		l.pass(ctx, last)
		retry.Reset(l.untilRetry(last))
	}
}

// sleep merges hints that arrive soon after each other into one pass. It returns
// false when ctx ends.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// pass compares the whole desired state with what runs and applies the
// difference.
func (l *Loop) pass(ctx context.Context, now time.Time) {
	desired := l.source.Desired()
	l.resolver.watch(&desired)
	l.awaitNames(ctx)
	specs := l.resolver.resolve(&desired, now)
	l.steps = plan(l.steps[:0], specs, l.applier.running, now)
	l.applier.revision = desired.Revision
	l.applier.apply(l.steps, desired.Certificates, now)
	l.applier.sweep()
	l.publishHealth(len(specs))
	l.applier.inherited = nil // a backend that joins later is Unknown
	l.board.pass()
	select {
	case <-l.opened:
	default:
		close(l.opened)
	}
	clear(l.steps) // they refer to the resolver's memory, and that to the store's
}

// awaitNames waits, before the first pass alone, until the domain names of
// backends have been looked up, at most firstNames: listeners open with their
// backends if DNS answers, and without them if it does not.
func (l *Loop) awaitNames(ctx context.Context) {
	select {
	case <-l.opened:
	default:
		ctx, cancel := context.WithTimeout(ctx, firstNames)
		defer cancel()
		l.resolver.names.Looked(ctx)
	}
}

// untilRetry is the time until the first failed unit may be retried, or until
// other session keys come into force; at most an hour: then a pass makes up for a
// missed hint.
func (l *Loop) untilRetry(now time.Time) time.Duration {
	const idle = time.Hour
	wait := min(idle, elb.NextSessionPeriod(now).Sub(now))
	for _, u := range l.applier.running {
		if u.fault != nil {
			wait = min(wait, max(u.fault.retry.Sub(now), 0))
		}
	}
	return wait
}

func (l *Loop) publishHealth(listeners int) {
	h := &Health{Revision: l.applier.revision, Listeners: listeners}
	for _, u := range l.applier.running {
		if u.fault != nil {
			h.Failing++
		}
	}
	l.health.Store(h)
}

// Drain ends everything that runs, after Run has returned: it closes all sockets,
// waits for their exchanges, aborts the rest when ctx ends, and removes the
// addresses it assigned.
func (l *Loop) Drain(ctx context.Context) { l.applier.drainAll(ctx) }
