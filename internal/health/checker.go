package health

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// A Checker probes one backend until it is stopped.
//
// Between probes it is a timer and nothing else: no goroutine, no buffer, no
// connection. Thousands of them cost some hundred bytes each.
type Checker struct {
	interval time.Duration
	probe    func(context.Context) error
	report   func(Verdict, error)
	count    count // owned by the running probe; there is never more than one

	stop    context.CancelFunc
	stopped context.Context // done once Stop was called
	pending sync.WaitGroup  // the probe that runs or that the timer will start

	mu    sync.Mutex
	timer *time.Timer // guarded by mu; starts run
}

// Start probes at once and then on an interval. It begins with the verdict was
// of an earlier checker, Unknown if there was none.
//
// report is called with each new verdict and, while the backend is not up, when
// the reason reads differently from the last one; the error is nil exactly when
// the verdict is Up. It is never called twice at the same time, nor after Stop
// has returned, and must not call Stop.
func Start(cfg Config, was Verdict, report func(Verdict, error)) *Checker {
	return start(cfg, was, newProbe(cfg).do, report)
}

func start(cfg Config, was Verdict, probe func(context.Context) error, report func(Verdict, error)) *Checker {
	c := &Checker{
		interval: cfg.Interval,
		probe:    probe,
		report:   report,
		count:    count{rise: cfg.Rise, fall: cfg.Fall, verdict: was},
	}
	c.stopped, c.stop = context.WithCancel(context.Background())
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending.Add(1)
	c.timer = time.AfterFunc(0, c.first)
	return c
}

// Stop ends the checker: the probe that is under way is broken off and not
// counted. It returns when nothing of the checker runs any more.
func (c *Checker) Stop() {
	c.stop()
	c.mu.Lock()
	if c.timer.Stop() {
		c.pending.Done()
	}
	c.mu.Unlock()
	c.pending.Wait()
}

// first is the first probe. The next one follows after a random part of the
// interval, so that the checkers of a thousand listeners, all started together,
// do not go on in step.
func (c *Checker) first() { c.run(rand.N(c.interval)) }

// next is every other probe. Its jitter keeps checkers from falling into step
// later.
func (c *Checker) next() { c.run(c.interval - c.interval/10 + rand.N(c.interval/5)) }

// run is one probe, in a goroutine of its own that the timer started. It ends
// with the probe, or with Stop, which waits for it.
func (c *Checker) run(pause time.Duration) {
	defer c.pending.Done()
	err := c.probe(c.stopped)
	if c.stopped.Err() != nil {
		return
	}
	if c.count.add(err) {
		c.report(c.count.verdict, c.count.lastErr)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped.Err() == nil {
		c.pending.Add(1)
		c.timer = time.AfterFunc(pause, c.next)
	}
}
