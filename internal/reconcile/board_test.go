package reconcile

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"elbow/internal/elb"
	"elbow/internal/leak"
)

// A verdict that comes while a status is put is not lost, although the status may
// have been built without it.
func TestVerdictWhileStatusIsPut(t *testing.T) {
	leak.Check(t)
	never := func(context.Context, string, []elb.ListenerStatus, []elb.ListenerKey) error { return nil }
	b := newBoard("node", never, slog.New(slog.DiscardHandler))
	s := elb.ListenerStatus{LoadBalancerID: "lb-1", Port: 443, Protocol: elb.HTTPS}
	up := elb.BackendStatus{ServerID: "i-a", Address: "127.0.0.1:80", Health: "healthy"}
	k := s.Key()
	told := make(chan struct{})
	b.put(s, func(s *elb.ListenerStatus) {
		go func() { // ends when put has; waited for below
			defer close(told)
			b.verdict(k, up)
		}()
		s.Backends = []elb.BackendStatus{{ServerID: up.ServerID, Address: up.Address, Health: "unknown"}}
	})
	<-told
	if changed, _ := b.take(); len(changed) != 1 || len(changed[0].Backends) != 1 || changed[0].Backends[0] != up {
		t.Errorf("got %+v, want the backend healthy", changed)
	}
}

// Statuses of any number of listeners and backends are reported in a bounded
// size; a failed report is repeated, and no other.
func TestReportsAreBounded(t *testing.T) {
	leak.Check(t)
	const listeners, backends = 20, 300
	told, fail, reports := make(map[elb.ListenerKey]int), errors.New("not now"), 0
	b := newBoard("node", func(_ context.Context, _ string, changed []elb.ListenerStatus, _ []elb.ListenerKey) error {
		reports++
		size := 0
		for i := range changed {
			size += 1 + len(changed[i].Backends)
		}
		if size > reportSize {
			t.Errorf("a report of %d", size)
		}
		if reports == 2 {
			return fail
		}
		for i := range changed {
			told[changed[i].Key()]++
		}
		return nil
	}, slog.New(slog.DiscardHandler))
	for n := range listeners {
		b.put(elb.ListenerStatus{LoadBalancerID: fmt.Sprintf("lb-%d", n), Port: 443}, func(s *elb.ListenerStatus) {
			s.Backends = make([]elb.BackendStatus, backends)
		})
	}
	b.put(elb.ListenerStatus{LoadBalancerID: "lb-large", Port: 443}, func(s *elb.ListenerStatus) {
		s.Backends = make([]elb.BackendStatus, reportSize-1)
	})
	b.pass()
	for tries := 0; len(b.wake) > 0; tries++ {
		<-b.wake
		if ok := b.tell(t.Context()); ok == (tries == 1) {
			t.Errorf("report %d: taken %v", tries, ok)
		}
	}
	for k, times := range told {
		if times != 1 {
			t.Errorf("%v was told %d times", k, times)
		}
	}
	if len(told) != listeners+1 || reports > listeners {
		t.Errorf("%d listeners were told in %d reports", len(told), reports)
	}
	select {
	case <-b.settled:
	default:
		t.Error("everything is told, and the board is not settled")
	}
}
