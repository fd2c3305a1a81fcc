package health

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"elbow/internal/leak"
)

// script is a probe that returns the given results and records when it was
// called.
type script struct {
	results []error // the last one repeats
	at      []time.Time
}

func (s *script) probe(context.Context) error {
	s.at = append(s.at, time.Now())
	return s.results[min(len(s.at), len(s.results))-1]
}

// A news is one call of report.
type news struct {
	verdict Verdict
	err     error
}

var everySecond = Config{Interval: time.Second, Timeout: time.Second, Rise: 2, Fall: 3}

// play runs a checker over the results for d and returns what it reported.
func play(t *testing.T, was Verdict, d time.Duration, results ...error) (got []news, s *script) {
	t.Helper()
	s = &script{results: results}
	c := start(everySecond, was, s.probe, func(v Verdict, err error) { got = append(got, news{v, err}) })
	time.Sleep(d) // synctest's clock
	c.Stop()
	return got, s
}

func TestFirstProbeAtOnce(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		got, s := play(t, Unknown, time.Nanosecond, nil)
		if len(s.at) != 1 || !s.at[0].Equal(begin) {
			t.Errorf("probed at %v, want once at %v", s.at, begin)
		}
		if len(got) != 1 || got[0] != (news{Up, nil}) {
			t.Errorf("reported %v, want up", got)
		}
	})
}

func TestReportsTransitionsOnly(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		got, _ := play(t, Unknown, 20*time.Second, nil, errA, nil, errA, errA, errA, errA, nil, nil, nil)
		want := []news{{Up, nil}, {Down, errA}, {Up, nil}}
		if len(got) != len(want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("report %d: got %v, want %v", i, got[i], want[i])
			}
		}
	})
}

func TestVerdictSurvivesRestart(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		if got, _ := play(t, Up, 10*time.Second, nil); len(got) > 0 {
			t.Errorf("a backend that was and is up: reported %v, want nothing", got)
		}
		if got, s := play(t, Down, 10*time.Second, nil); len(got) != 1 || len(s.at) < everySecond.Rise {
			t.Errorf("a backend that was down and answers: reported %v, want up once after Rise probes", got)
		}
	})
}

// The pause is the interval give or take a tenth, and not always the same.
func TestIntervalHasJitter(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		_, s := play(t, Unknown, 200*time.Second, nil)
		if first := s.at[1].Sub(s.at[0]); first >= time.Second {
			t.Errorf("second probe after %v, want within the first interval", first)
		}
		seen := make(map[time.Duration]bool)
		for i := 2; i < len(s.at); i++ {
			pause := s.at[i].Sub(s.at[i-1])
			seen[pause] = true
			if pause < 900*time.Millisecond || pause > 1100*time.Millisecond {
				t.Errorf("probe %d came after %v, want 0.9s to 1.1s", i, pause)
			}
		}
		if len(seen) < 10 {
			t.Errorf("only %d different pauses in %d", len(seen), len(s.at))
		}
	})
}

// Checkers that begin together are spread over the interval from their second
// probe on.
func TestStartsAreStaggered(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		const checkers, parts = 1000, 10
		var inPart [2 * parts]atomic.Int32
		begin := time.Now()
		probe := func(context.Context) error {
			inPart[time.Since(begin)*parts/time.Second].Add(1)
			return nil
		}
		var all []*Checker
		for range checkers {
			all = append(all, start(everySecond, Unknown, probe, func(Verdict, error) {}))
		}
		time.Sleep(1999 * time.Millisecond)
		for _, c := range all {
			c.Stop()
		}
		for i := 1; i < parts; i++ {
			if n := inPart[i].Load(); n < 40 || n > 200 {
				t.Errorf("part %d of the first interval: %d probes of %d, want about %d", i, n, checkers, checkers/parts)
			}
		}
	})
}

// Stop cancels the running probe, waits for it and does not count it.
func TestStopDuringProbe(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		var running atomic.Bool
		stall := func(ctx context.Context) error {
			running.Store(true)
			defer running.Store(false)
			<-ctx.Done()
			time.Sleep(time.Second) // a probe that is slow to end
			return errors.New("broken off")
		}
		c := start(everySecond, Up, stall, func(v Verdict, err error) { t.Errorf("reported %v, %v", v, err) })
		synctest.Wait()
		if !running.Load() {
			t.Fatal("no probe runs")
		}
		c.Stop()
		if running.Load() {
			t.Error("Stop returned before the probe did")
		}
		c.Stop() // a second call does no harm
	})
}

// Stop between probes leaks nothing: synctest.Test fails if a goroutine or timer
// of the checker remains.
func TestStopBetweenProbes(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		s := &script{results: []error{nil}}
		c := start(everySecond, Unknown, s.probe, func(Verdict, error) {})
		synctest.Wait()
		c.Stop()
		probes := len(s.at)
		time.Sleep(time.Minute)
		if len(s.at) != probes {
			t.Errorf("%d probes after Stop", len(s.at)-probes)
		}
	})
}

// Stop of a checker that was just started, called concurrently.
func TestStopAtOnce(t *testing.T) {
	leak.Check(t)
	for range 200 {
		c := start(everySecond, Unknown, func(context.Context) error { return nil }, func(Verdict, error) {})
		done := make(chan struct{})
		go func() { c.Stop(); close(done) }()
		c.Stop()
		<-done
	}
}
