package health

import (
	"container/list"
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"syscall"
	"time"
)

// A Checker probes one backend until it is stopped.
//
// Between probes it is only a timer: no goroutine, no buffer, no connection; and
// an entry in the queue of its Gate while it waits for that.
type Checker struct {
	interval time.Duration
	probe    func(context.Context) error
	report   func(Verdict, error)

	// owned by the running probe, of which there is at most one
	count  count
	probed bool

	gate  *Gate         // nil: none
	place *list.Element // its entry in the queue of in; both guarded by gate.mu
	in    *lane

	stop    context.CancelFunc
	pending sync.WaitGroup // the probe that runs or that the timer will start

	mu    sync.Mutex
	timer *time.Timer // guarded by mu; starts run
}

// Start probes at once and then on an interval. It begins with the verdict of an
// earlier checker, was, or Unknown if there was none.
//
// report is called with each new verdict and, while the backend is not up,
// whenever the reason differs from the last one; the error is nil exactly when
// the verdict is Up. It is never called concurrently, nor after Stop has
// returned, and must not call Stop.
func Start(cfg Config, was Verdict, report func(Verdict, error)) *Checker {
	var do func(context.Context) error
	switch {
	case cfg.Kind == TCP:
		do = newProbe(cfg).connect
	case cfg.Kind == UDP:
		do = newDatagramProbe(cfg).do
	case cfg.H2C:
		do = newProbe2(cfg).do
	default:
		do = newProbe(cfg).do
	}
	return start(cfg, was, do, report)
}

func start(cfg Config, was Verdict, probe func(context.Context) error, report func(Verdict, error)) *Checker {
	c := &Checker{
		interval: max(cfg.Interval, minInterval),
		gate:     cfg.Gate,
		probe:    probe,
		report:   report,
		count:    count{rise: cfg.Rise, fall: cfg.Fall, verdict: was},
	}
	ctx, cancel := context.WithCancel(context.Background()) // the checker outlives the caller's context; Stop ends it
	c.stop = cancel
	c.schedule(ctx, 0)
	return c
}

// Stop ends the checker: a running probe is cancelled and not counted. It returns
// when nothing of the checker runs any more.
func (c *Checker) Stop() {
	c.stop()
	c.mu.Lock()
	if c.timer.Stop() {
		c.pending.Done()
	}
	c.mu.Unlock()
	if c.gate.withdraw(c) {
		c.pending.Done()
	}
	c.pending.Wait()
}

// schedule calls run after a pause, in a goroutine of the timer.
func (c *Checker) schedule(ctx context.Context, pause time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ctx.Err() != nil {
		return
	}
	c.pending.Add(1)
	c.timer = time.AfterFunc(pause, func() { c.run(ctx) })
}

// run makes the probe that is due, or queues it at the gate.
func (c *Checker) run(ctx context.Context) {
	lane := c.lane()
	in, over := c.gate.enter(ctx, c, lane)
	if in {
		c.once(ctx, lane)
	} else if over {
		c.pending.Done()
	}
}

// lane is the lane of its next probe.
func (c *Checker) lane() int {
	switch {
	case c.count.verdict == Up:
		return ofUp
	case !c.probed:
		return ofFirst
	}
	return ofOthers
}

// once makes one probe. It ends with the probe, which Stop cancels and waits for.
func (c *Checker) once(ctx context.Context, lane int) {
	defer c.pending.Done()
	if ctx.Err() != nil { // stopped while it waited
		c.gate.leave(lane)
		return
	}
	err := c.probe(ctx)
	c.gate.leave(lane)
	if ctx.Err() != nil {
		return
	}
	if !ours(err) && c.count.add(err) {
		c.report(c.count.verdict, c.count.lastErr)
	}
	c.schedule(ctx, c.pause())
}

// ours reports whether a probe failed because this machine ran out of something.
// That says nothing about the backend: if it counted, a node that runs out of
// descriptors would find all of its backends down.
func ours(err error) bool {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return false
	}
	switch errno {
	case syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.EADDRNOTAVAIL:
		return true
	}
	return false
}

// pause is the time until the next probe: after the first one a random part of
// the interval, so that the checkers of a thousand listeners, all started
// together, are spread out; then the interval give or take a tenth, so that they
// do not synchronize later.
func (c *Checker) pause() time.Duration {
	if !c.probed {
		c.probed = true
		return rand.N(c.interval)
	}
	return c.interval - c.interval/10 + rand.N(c.interval/5)
}
