package reconcile

import (
	"context"
	"log/slog"
	"testing"

	"elbow/internal/elb"
	"elbow/internal/leak"
)

// A verdict that comes while a status is put together is not lost, although the
// status may have been made without it.
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
