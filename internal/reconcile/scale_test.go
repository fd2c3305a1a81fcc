package reconcile

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"elbow/internal/elb"
	"elbow/internal/leak"
	"elbow/internal/store"
)

// many is a desired state of n load balancers with a listener and three
// backends each.
func many(n int, certificate elb.Certificate, network byte) store.Desired {
	d := store.Desired{
		Revision:          1,
		Certificates:      map[string]elb.Certificate{"1": certificate},
		ListenerRevisions: make(map[elb.ListenerKey]int64),
	}
	for i := range n {
		b := elb.LoadBalancer{
			ID: fmt.Sprintf("lb-%04d", i), Status: elb.Active,
			Address: netip.AddrFrom4([4]byte{127, network, byte(i >> 8), byte(i)}),
		}
		for j := range 3 {
			b.Backends = append(b.Backends, elb.Backend{
				ServerID: fmt.Sprintf("i-%d", j), IP: netip.MustParseAddr("127.0.0.1"), Port: 9000 + j, Weight: 100,
			})
		}
		d.LoadBalancers = append(d.LoadBalancers, b)
		l := newListener(b.ID, 8443)
		checked(&l)
		d.Listeners = append(d.Listeners, l)
		d.ListenerRevisions[l.Key()] = 1
	}
	return d
}

// A start opens all listeners in one pass, and writes their statuses in few
// reports. The log says how long that took.
func TestManyListeners(t *testing.T) {
	leak.Check(t)
	n := 1000
	if testing.Short() {
		n = 50
	}
	s := newSite(t)
	s.desired = many(n, newCertificate(t, "one.test"), 28)
	for i := range s.desired.Listeners {
		s.desired.Listeners[i].Check.Interval = time.Second
	}
	began := time.Now()
	s.run()
	for _, l := range s.desired.Listeners {
		s.awaitState(l.Key(), elb.Running)
	}
	t.Logf("%d listeners told to be running after %s", n, time.Since(began))
	if len(s.loop.applier.pairs) != 1 {
		t.Errorf("%d key pairs are kept, all listeners have the same", len(s.loop.applier.pairs))
	}
}

// A pass without changes allocates nothing, however much runs.
func TestIdlePassDoesNotAllocate(t *testing.T) {
	leak.Check(t)
	d := many(1000, elb.Certificate{}, 29)
	var r resolver
	running := make(map[key]*unit)
	for _, s := range r.resolve(&d, storyTime) {
		u := &unit{spec: s.clone(), open: true, backends: make(map[backendID]*backend)}
		for _, m := range s.members {
			u.backends[m.backendID] = &backend{check: s.check}
		}
		running[s.key] = u
	}
	now := time.Now()
	var steps []step
	if got := testing.AllocsPerRun(10, func() { steps = plan(steps[:0], r.resolve(&d, storyTime), running, now) }); got > 0 {
		t.Errorf("an idle pass over 1,000 listeners makes %v allocations, want 0", got)
	}
	if len(steps) > 0 {
		t.Errorf("idle, and yet there are steps: %v", steps)
	}
}

// BenchmarkPass is a pass over 1,000 listeners of which one was changed.
func BenchmarkPass(b *testing.B) {
	d := many(1000, elb.Certificate{}, 29)
	var r resolver
	running := make(map[key]*unit)
	for _, s := range r.resolve(&d, storyTime) {
		u := &unit{spec: s.clone(), open: true, backends: make(map[backendID]*backend)}
		for _, m := range s.members {
			u.backends[m.backendID] = &backend{check: s.check}
		}
		running[s.key] = u
	}
	d.Listeners[500].Scheduler = elb.WLC
	var steps []step
	b.ReportAllocs()
	for b.Loop() {
		steps = plan(steps[:0], r.resolve(&d, storyTime), running, time.Time{})
	}
	if len(steps) != 1 {
		b.Errorf("steps: %v", steps)
	}
}
