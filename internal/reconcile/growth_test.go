package reconcile

import (
	"context"
	"runtime"
	"testing"

	"elbow/internal/elb"
	"elbow/internal/leak"
	"elbow/internal/store"
)

// allocated runs do and returns how many bytes it allocated.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Ending eight times as many listeners costs eight times as much, not sixty-four
// times: nothing looks at all listeners for each of them. The test counts
// allocated bytes, because time depends on the load of the machine.
func TestEndIsLinear(t *testing.T) {
	leak.Check(t)
	for name, end := range map[string]func(s *site, stop func(), keys []elb.ListenerKey){
		"program": func(s *site, stop func(), _ []elb.ListenerKey) {
			stop()
			s.loop.Drain(context.Background())
		},
		"listeners": func(s *site, _ func(), keys []elb.ListenerKey) {
			s.change(func(d *store.Desired) { d.Listeners = nil })
			for _, k := range keys {
				s.awaitGone(k)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			leak.Check(t)
			few, many := costOfEnd(t, 50, end), costOfEnd(t, 400, end)
			if many > 16*few {
				t.Errorf("the end of 400 listeners takes %d bytes, that of 50 takes %d: more than twice as much each", many, few)
			}
		})
	}
}

func costOfEnd(t *testing.T, n int, end func(s *site, stop func(), keys []elb.ListenerKey)) uint64 {
	s := newSite(t)
	s.desired = many(n, newCertificate(t, "one.test"), 30)
	var keys []elb.ListenerKey
	for i := range s.desired.Listeners {
		l := &s.desired.Listeners[i]
		l.Check.On = false
		keys = append(keys, l.Key())
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.loop.Run(ctx)
	}()
	stop := func() {
		cancel()
		<-done
	}
	for _, k := range keys {
		s.awaitState(k, elb.Running)
	}
	bytes := allocated(func() { end(s, stop, keys) })
	t.Logf("%d listeners: %d bytes", n, bytes)
	stop()
	s.loop.Drain(context.Background())
	return bytes
}
