package store

import (
	"context"
	"testing"

	"elbow/internal/elb"
	"elbow/internal/store/embedded"
)

// A mirror whose next revision was compacted lists again and misses nothing,
// deletions included.
func TestMirrorListsAgainAfterAGap(t *testing.T) {
	t.Parallel()
	member, err := embedded.Start(t.Context(), embedded.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer member.Close()
	s, err := New(member.Client(), member.SealKey())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	write := func(fn func(*Tx)) {
		t.Helper()
		if err := s.Update(t.Context(), func(tx *Tx) error { fn(tx); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	old, kept, added := elb.Listener{Port: 1}, elb.Listener{Port: 2}, elb.Listener{Port: 3}
	write(func(tx *Tx) { Listeners.Put(tx, old); Listeners.Put(tx, kept) })

	m := s.mirror()
	if err := m.list(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-m.changed
	write(func(tx *Tx) { Listeners.Delete(tx, old.Key()) })
	write(func(tx *Tx) { Listeners.Put(tx, added) })
	resp, err := member.Client().Get(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := member.Client().Compact(t.Context(), resp.Header.GetRevision()); err != nil {
		t.Fatal(err)
	}

	ctx, stop := context.WithCancel(t.Context())
	defer m.Wait()
	defer stop()
	go m.follow(ctx)
	<-m.Changed()
	var ports []int
	for _, l := range m.Desired().Listeners {
		ports = append(ports, l.Port)
	}
	if len(ports) != 2 || ports[0] != 2 || ports[1] != 3 {
		t.Errorf("got the listeners on %v, want [2 3]", ports)
	}
}
