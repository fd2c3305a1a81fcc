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
	defer l.busy.Store(nil)
	for {
		l.busy.Store(nil)
		select {
		case <-ctx.Done():
			return
		case <-l.source.Changed():
		case <-l.again:
		case <-retry.C:
		case d := <-l.drained:
			l.begin()
			if !l.stale {
				sweep.Reset(sweepGap)
			}
			l.endDrain(d)
			continue
		case <-sweep.C:
			l.begin()
			l.sweep()
			continue
		}
		l.begin()
		if !l.sleep(ctx, passGap-time.Since(last)) {
			return
		}
		last = time.Now()
		l.pass(last)
		retry.Reset(l.untilRetry(last))
	}
}

// begin records that the loop works, until it waits again.
func (l *Loop) begin() {
	now := time.Now()
	l.busy.Store(&now)
}

// stalled is how long the loop has been in one pass, if that is longer than any
// pass can take.
func (l *Loop) stalled() time.Duration {
	if began := l.busy.Load(); began != nil && time.Since(*began) > stallTime {
		return time.Since(*began)
	}
	return 0
}

// sleep merges hints that arrive soon after each other into one pass. It returns
// false when ctx ends.
func (l *Loop) sleep(ctx context.Context, d time.Duration) bool {
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
func (l *Loop) pass(now time.Time) {
	desired := l.source.Desired()
	specs := l.resolver.resolve(&desired, now)
	l.steps = plan(l.steps[:0], specs, l.running, now)
	l.revision = desired.Revision
	l.apply(l.steps, desired.Certificates, now)
	l.sweep()
	l.publishHealth(len(specs))
	l.inherited = nil // a backend that joins later is Unknown
	l.board.pass()
	select {
	case <-l.opened:
	default:
		close(l.opened)
	}
	clear(l.steps) // they refer to the resolver's memory, and that to the store's
}

// untilRetry is the time until the first failed unit may be retried, or until
// other session keys come into force; at most an hour: then a pass makes up for a
// missed hint.
func (l *Loop) untilRetry(now time.Time) time.Duration {
	const idle = time.Hour
	wait := min(idle, elb.NextSessionPeriod(now).Sub(now))
	for _, u := range l.running {
		if u.fault != nil {
			wait = min(wait, max(u.fault.retry.Sub(now), 0))
		}
	}
	return wait
}

func (l *Loop) publishHealth(listeners int) {
	h := &Health{Revision: l.revision, Listeners: listeners}
	for _, u := range l.running {
		if u.fault != nil {
			h.Failing++
		}
	}
	l.health.Store(h)
}
