package store_test

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"elbow/internal/elb"
	"elbow/internal/store"
)

// mirror follows s until the test ends.
func mirror(t testing.TB, s *store.Store) *store.Mirror {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	m, err := s.Mirror(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		m.Wait()
	})
	return m
}

// await waits until the desired state is as wanted.
func await(t testing.TB, m *store.Mirror, want func(store.Desired) bool) store.Desired {
	t.Helper()
	for {
		if d := m.Desired(); want(d) {
			return d
		}
		select {
		case <-m.Changed():
		case <-t.Context().Done():
			t.Fatal("never came")
		}
	}
}

func TestMirrorHoldsWhatWasThereBefore(t *testing.T) {
	t.Parallel()
	s, _ := start(t)
	c := elb.Certificate{ID: 1, Name: "web", KeyPEM: "secret key"}
	update(t, s, func(tx *store.Tx) {
		store.LoadBalancers.Create(tx, loadBalancer("lb-1"))
		store.Listeners.Put(tx, listener("lb-1", 8443))
		store.Listeners.Put(tx, listener("lb-1", 443))
		store.Certificates.Create(tx, c)
	})
	d := mirror(t, s).Desired()
	if len(d.LoadBalancers) != 1 || len(d.Listeners) != 2 || d.Certificates["1"].KeyPEM != "secret key" {
		t.Errorf("got %+v", d)
	}
	if d.Listeners[0].Port != 443 || d.Listeners[1].Port != 8443 {
		t.Errorf("listeners are not in the order of their ports: %+v", d.Listeners)
	}
	if rev := d.ListenerRevisions[d.Listeners[0].Key()]; rev != d.Revision {
		t.Errorf("the listener's revision is %d, want %d", rev, d.Revision)
	}
}

func TestMirrorFollows(t *testing.T) {
	t.Parallel()
	s, _ := start(t)
	m := mirror(t, s)
	update(t, s, func(tx *store.Tx) {
		store.LoadBalancers.Create(tx, loadBalancer("lb-1"))
		store.Listeners.Put(tx, listener("lb-1", 443))
	})
	first := await(t, m, func(d store.Desired) bool { return len(d.Listeners) == 1 })
	if len(first.LoadBalancers) != 1 {
		t.Error("a transaction was seen half")
	}

	changed := listener("lb-1", 443)
	changed.Started = true
	update(t, s, func(tx *store.Tx) { store.Listeners.Put(tx, changed) })
	second := await(t, m, func(d store.Desired) bool { return d.Listeners[0].Started })
	if first.Listeners[0].Started {
		t.Error("an old snapshot changed")
	}
	if second.Revision <= first.Revision || second.ListenerRevisions[changed.Key()] != second.Revision {
		t.Errorf("revisions: %d then %d, of the listener %d", first.Revision, second.Revision, second.ListenerRevisions[changed.Key()])
	}

	update(t, s, func(tx *store.Tx) { store.LoadBalancers.Delete(tx, loadBalancer("lb-1")) })
	last := await(t, m, func(d store.Desired) bool { return len(d.LoadBalancers) == 0 })
	if len(last.Listeners) != 0 || len(last.ListenerRevisions) != 0 {
		t.Error("listeners outlived their load balancer")
	}
}

// Unchanged parts are the same memory in the next snapshot: they were neither
// decoded nor decrypted again.
func TestMirrorDecodesOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	s, _ := start(t)
	update(t, s, func(tx *store.Tx) {
		store.LoadBalancers.Create(tx, loadBalancer("lb-1"))
		store.Listeners.Put(tx, listener("lb-1", 443))
		store.Certificates.Create(tx, elb.Certificate{ID: 1, Name: "web", Sans: []string{"a"}})
	})
	m := mirror(t, s)
	before := m.Desired()
	update(t, s, func(tx *store.Tx) { store.Listeners.Put(tx, listener("lb-1", 8443)) })
	after := await(t, m, func(d store.Desired) bool { return len(d.Listeners) == 2 })
	if &before.LoadBalancers[0] != &after.LoadBalancers[0] {
		t.Error("the load balancers were copied")
	}
	if &before.Listeners[0].Seed[0] != &after.Listeners[0].Seed[0] {
		t.Error("the other listener was decoded again")
	}
	if &before.Certificates["1"].Sans[0] != &after.Certificates["1"].Sans[0] {
		t.Error("the certificate was decoded again")
	}
}

// A document that cannot be decoded does not affect the others.
func TestMirrorPassesOverAnUnreadableDocument(t *testing.T) {
	t.Parallel()
	s, member := start(t)
	update(t, s, func(tx *store.Tx) {
		store.Listeners.Put(tx, listener("lb-1", 443))
		store.Listeners.Put(tx, listener("lb-1", 444))
	})
	const key = "/elbow/desired/listener/lb-1/00443/https"
	if _, err := member.Client().Put(t.Context(), key, `{"v":99}`); err != nil {
		t.Fatal(err)
	}
	fresh := mirror(t, s)
	if d := fresh.Desired(); len(d.Listeners) != 1 || d.Listeners[0].Port != 444 {
		t.Errorf("got %+v", d.Listeners)
	}
}

func BenchmarkMirrorChange(b *testing.B) {
	s, _ := start(b)
	const n = 1000
	for i := range n {
		lb := loadBalancer(fmt.Sprintf("lb-%04d", i))
		lb.Address = netip.AddrFrom4([4]byte{127, 8, byte(i >> 8), byte(i)})
		update(b, s, func(tx *store.Tx) {
			store.LoadBalancers.Create(tx, lb)
			store.Listeners.Put(tx, listener(lb.ID, 443))
		})
	}
	m := mirror(b, s)
	changes := 0
	for b.Loop() {
		changes++
		l := listener("lb-0500", 443)
		l.Description = fmt.Sprint(changes)
		update(b, s, func(tx *store.Tx) { store.Listeners.Put(tx, l) })
		await(b, m, func(d store.Desired) bool {
			i := slices.IndexFunc(d.Listeners, func(l elb.Listener) bool { return l.LoadBalancerID == "lb-0500" })
			return d.Listeners[i].Description == l.Description
		})
	}
}

func BenchmarkMirrorList(b *testing.B) {
	s, _ := start(b)
	for i := range 1000 {
		lb := loadBalancer(fmt.Sprintf("lb-%04d", i))
		lb.Address = netip.AddrFrom4([4]byte{127, 8, byte(i >> 8), byte(i)})
		update(b, s, func(tx *store.Tx) {
			store.LoadBalancers.Create(tx, lb)
			store.Listeners.Put(tx, listener(lb.ID, 443))
			store.Certificates.Create(tx, elb.Certificate{ID: int64(i + 1), Name: lb.ID, KeyPEM: string(bytes.Repeat([]byte("k"), 2000))})
		})
	}
	for b.Loop() {
		ctx, stop := context.WithCancel(b.Context())
		m, err := s.Mirror(ctx)
		if err != nil {
			b.Fatal(err)
		}
		stop()
		m.Wait()
	}
}
