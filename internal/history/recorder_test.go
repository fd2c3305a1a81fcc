package history

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"elbow/internal/metrics"
)

// running makes a recorder write to s until end is called.
func running(r *Recorder, s *Store) (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { // ends with ctx; end waits
		defer close(done)
		r.Run(ctx, s)
	}()
	return func() {
		cancel()
		<-done
	}
}

func reading(requests uint64) Sample {
	var h [metrics.Buckets]uint64
	h[3] = requests
	return Sample{Port: 443, ByClass: [5]uint64{1: requests}, BytesOut: 100 * requests, Open: 2, Times: metrics.TimesOf(h, time.Duration(requests)*time.Millisecond)}
}

// counters are read by a recorder; the test sets them.
type counters struct{ now atomic.Pointer[[]Reading] }

func (c *counters) set(all ...Reading) { c.now.Store(&all) }
func (c *counters) read() []Reading    { return *c.now.Load() }

// pass lets time pass, and the recorder do what is due.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// A minute has what was counted in it, whenever it began; the last one what was
// counted until the end; what was counted while nothing was recorded belongs to
// the next.
func TestRecorder(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		pass(20 * time.Second) // the minute began 20 s ago
		first := time.Now().Unix() / 60
		var c counters
		now := func(requests uint64) { c.set(Reading{"lb-1", reading(requests)}) }
		now(10) // counted before recording began
		r := NewRecorder(c.read)
		s, _ := open(t, dir, roomy)
		end := running(r, s)
		synctest.Wait()
		now(15)
		pass(41 * time.Second)
		now(15 + 7)
		pass(time.Minute)
		now(15 + 7 + 1)
		end()
		now(15 + 7 + 1 + 30)
		end = running(r, s)
		synctest.Wait()
		pass(time.Minute)
		now(4) // reopened
		pass(time.Minute)
		end()

		got, err := s.Minutes("lb-1", first, first+100, all)
		if err != nil {
			t.Fatal(err)
		}
		var wanted []Sample
		for n, requests := range []uint64{15, 7, 1 + 30, 4, 0} {
			one := reading(requests)
			one.Minute = first + int64(n)
			wanted = append(wanted, one)
		}
		want(t, "minutes", got, wanted...)
	})
}

// A listener that is closed is no longer recorded, and a new one is from its
// first minute.
func TestRecorderListenersComeAndGo(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		first := time.Now().Unix() / 60
		var c counters
		c.set(Reading{"lb-1", reading(1)}, Reading{"lb-2", reading(2)})
		s, _ := open(t, dir, roomy)
		end := running(NewRecorder(c.read), s)
		pass(61 * time.Second)
		c.set(Reading{"lb-2", reading(2)}, Reading{"lb-3", reading(9)})
		pass(time.Minute)
		end()
		for lb, wanted := range map[string][]uint64{"lb-1": {1}, "lb-2": {2, 0, 0}, "lb-3": {9, 0}, total: {3, 9, 0}} {
			got, err := s.Minutes(lb, first, first+100, all)
			if err != nil {
				t.Fatal(err)
			}
			var requests []uint64
			for i := range got {
				requests = append(requests, got[i].Requests())
			}
			want(t, lb, requests, wanted...)
		}
	})
}
