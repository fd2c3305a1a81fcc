package health

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"elbow/internal/leak"
)

// busy is a probe that takes a while and records the maximum in flight.
type busy struct {
	takes     time.Duration
	now, most atomic.Int32
	all       atomic.Int32
}

func (b *busy) probe(ctx context.Context) error {
	n := b.now.Add(1)
	defer b.now.Add(-1)
	b.all.Add(1)
	for most := b.most.Load(); n > most && !b.most.CompareAndSwap(most, n); most = b.most.Load() {
	}
	select {
	case <-time.After(b.takes):
	case <-ctx.Done():
	}
	return errA
}

// A thousand backends whose checks begin at once are all probed, a few at a time.
func TestGateBoundsProbes(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		gate, b := NewGate(10), &busy{takes: 10 * time.Millisecond}
		cfg := everySecond
		cfg.Interval, cfg.Gate = 10_000*time.Hour, gate // no second probe, which has another lane
		var reported sync.Map
		var all []*Checker
		for n := range 1000 {
			all = append(all, start(cfg, Unknown, b.probe, func(Verdict, error) { reported.Store(n, true) }))
		}
		time.Sleep(2 * time.Second)
		if most := b.most.Load(); most != 10 {
			t.Errorf("%d probes were in progress at once, want 10", most)
		}
		count := 0
		reported.Range(func(any, any) bool { count++; return true })
		if count != 1000 {
			t.Errorf("%d of 1000 were probed", count)
		}
		for _, c := range all {
			c.Stop()
		}
	})
}

// Backends that do not answer delay neither those that are up nor new ones.
func TestGateLanes(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		gate, dead := NewGate(2), &busy{takes: time.Minute}
		cfg := everySecond
		cfg.Timeout, cfg.Gate = time.Minute, gate
		var all []*Checker
		for range 20 {
			c := start(cfg, Down, dead.probe, func(Verdict, error) {})
			all = append(all, c)
		}
		time.Sleep(10 * time.Minute) // none of them is new any more
		for was, lane := range map[Verdict]string{Up: "up", Unknown: "new"} {
			s := &script{results: []error{nil}}
			c := start(cfg, was, s.probe, func(Verdict, error) {})
			time.Sleep(10 * time.Second)
			c.Stop()
			if len(s.at) < 5 {
				t.Errorf("one that is %s was probed %d times in 10s", lane, len(s.at))
			}
		}
		for _, c := range all {
			c.Stop()
		}
	})
}

// Stop does not wait for a place, and the place of a stopped checker goes to the
// next one.
func TestStopWhileWaiting(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		gate, b := NewGate(1), &busy{takes: 10 * time.Second}
		cfg := everySecond
		cfg.Interval, cfg.Gate = time.Hour, gate
		var all []*Checker
		for range 5 {
			all = append(all, start(cfg, Unknown, b.probe, func(Verdict, error) {}))
			synctest.Wait()
		}
		began := time.Now()
		all[2].Stop()
		all[1].Stop()
		all[0].Stop() // in flight
		if took := time.Since(began); took > 0 {
			t.Errorf("Stop took %v", took)
		}
		time.Sleep(25 * time.Second)
		if n := b.all.Load(); n != 3 {
			t.Errorf("%d probes, want the one that was broken off and two more", n)
		}
		all[3].Stop()
		all[4].Stop()
		for n := range gate.lanes {
			if l := &gate.lanes[n]; l.inside != 0 || l.waiting.Len() != 0 {
				t.Errorf("lane %d: %d inside, %d wait", n, l.inside, l.waiting.Len())
			}
		}
	})
}

// Checkers that come and go all the time leave the gate empty.
func TestGateIsLeft(t *testing.T) {
	leak.Check(t)
	gate := NewGate(2)
	cfg := Config{Interval: time.Millisecond, Rise: 2, Fall: 2, Gate: gate}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for n := range 100 {
				start(cfg, Verdict(n%3), func(context.Context) error { return nil }, func(Verdict, error) {}).Stop()
			}
		})
	}
	wg.Wait()
	for n := range gate.lanes {
		if l := &gate.lanes[n]; l.inside != 0 || l.waiting.Len() != 0 {
			t.Errorf("lane %d: %d inside, %d wait", n, l.inside, l.waiting.Len())
		}
	}
}

// A failure for lack of local resources says nothing about the backend.
func TestOwnFailuresAreNotCounted(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		for _, errno := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.EADDRNOTAVAIL} {
			got, s := play(t, Up, 10*time.Second, fmt.Errorf("connect: %w", errno))
			if len(got) > 0 || len(s.at) < 5 {
				t.Errorf("%v: reported %v after %d probes", errno, got, len(s.at))
			}
		}
		if got, _ := play(t, Up, 10*time.Second, fmt.Errorf("connect: %w", syscall.ECONNREFUSED)); len(got) != 1 || got[0].verdict != Down {
			t.Errorf("refused: reported %v", got)
		}
		if got, _ := play(t, Up, 10*time.Second, errors.New("status 500")); len(got) != 1 {
			t.Errorf("status 500: reported %v", got)
		}
	})
}
