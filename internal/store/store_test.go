package store_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"elbow/internal/elb"
	"elbow/internal/leak"
	"elbow/internal/store"
	"elbow/internal/store/embedded"

	"github.com/google/go-cmp/cmp"
)

func TestMain(m *testing.M) { os.Exit(leak.Main(m.Run)) }

// start opens a store on a new etcd.
func start(t testing.TB) (*store.Store, *embedded.Member) {
	t.Helper()
	member, err := embedded.Start(t.Context(), embedded.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(member.Close)
	s, err := store.New(member.Client(), member.SealKey())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, member
}

// update makes a change that has to succeed.
func update(t testing.TB, s *store.Store, fn func(*store.Tx)) {
	t.Helper()
	err := s.Update(t.Context(), func(tx *store.Tx) error { fn(tx); return nil })
	if err != nil {
		t.Fatal(err)
	}
}

// view reads, which has to succeed.
func view(t testing.TB, s *store.Store, fn func(*store.Reader)) {
	t.Helper()
	err := s.View(t.Context(), func(r *store.Reader) error { fn(r); return nil })
	if err != nil {
		t.Fatal(err)
	}
}

func loadBalancer(id string) elb.LoadBalancer {
	return elb.LoadBalancer{
		ID: id, Name: "front", RegionID: "local", NetworkID: "n-default", VSwitchID: "vsw-default",
		Spec: "elb.s1.small", PayType: "PostPaid", Address: netip.MustParseAddr("127.8.0.1"),
		Status: elb.Active, CreateTime: time.Date(2026, 3, 27, 1, 2, 3, 0, time.UTC),
		Backends: []elb.Backend{{ServerID: "i-1", Type: "ens", IP: netip.MustParseAddr("10.0.0.1"), Port: 8080, Weight: 100}},
	}
}

func listener(lb string, port int) elb.Listener {
	return elb.Listener{
		LoadBalancerID: lb, Port: port, Protocol: elb.HTTPS, Description: "web", Scheduler: elb.WRR,
		Seed: []byte("0123456789abcdef0123456789abcdef"), IdleTimeout: 15 * time.Second,
		Check:          elb.HealthCheck{On: true, HTTPCodes: []string{"http_2xx"}, Interval: 2 * time.Second},
		CertificateID:  "1",
		RequestTimeout: time.Minute, CreateTime: time.Date(2026, 3, 27, 1, 2, 3, 0, time.UTC),
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	s, _ := start(t)
	lb, l := loadBalancer("lb-1"), listener("lb-1", 443)
	update(t, s, func(tx *store.Tx) { store.LoadBalancers.Create(tx, lb); store.Listeners.Put(tx, l) })
	view(t, s, func(r *store.Reader) {
		got, _ := store.LoadBalancers.Get(r, "lb-1")
		if diff := cmp.Diff(lb, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
			t.Errorf("load balancer (-want +got):\n%s", diff)
		}
		gotListener, _ := store.Listeners.Get(r, l.Key())
		if diff := cmp.Diff(l, gotListener); diff != "" {
			t.Errorf("listener (-want +got):\n%s", diff)
		}
		if _, found := store.LoadBalancers.Get(r, "lb-2"); found {
			t.Error("found a load balancer that is not there")
		}
	})
}

// Many callers add to one document; each must be counted.
func TestUpdatesOfOneDocumentAreNotLost(t *testing.T) {
	t.Parallel()
	s, _ := start(t)
	lb := loadBalancer("lb-1")
	lb.Backends = nil
	update(t, s, func(tx *store.Tx) { store.LoadBalancers.Create(tx, lb) })
	const callers = 40
	var wg sync.WaitGroup
	errs := make(chan error, callers)
	for i := range callers {
		wg.Go(func() {
			errs <- s.Update(t.Context(), func(tx *store.Tx) error {
				lb, _ := store.LoadBalancers.Get(tx, "lb-1")
				lb.Backends = append(lb.Backends, elb.Backend{ServerID: fmt.Sprint("i-", i)})
				store.LoadBalancers.Put(tx, lb)
				return nil
			})
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	view(t, s, func(r *store.Reader) {
		if lb, _ := store.LoadBalancers.Get(r, "lb-1"); len(lb.Backends) != callers {
			t.Errorf("got %d backends, want %d", len(lb.Backends), callers)
		}
	})
}

// A listed range is part of what must not have changed.
func TestUpdateNoticesWhatWasAddedToAListedRange(t *testing.T) {
	t.Parallel()
	s, _ := start(t)
	tries := 0
	err := s.Update(t.Context(), func(tx *store.Tx) error {
		seen := store.Listeners.Of(tx, "lb-1")
		if tries++; tries == 1 {
			update(t, s, func(other *store.Tx) { store.Listeners.Put(other, listener("lb-1", 80)) })
		} else if len(seen) != 1 {
			t.Errorf("second try sees %d listeners, want 1", len(seen))
		}
		store.Listeners.Put(tx, listener("lb-1", 443))
		return nil
	})
	if err != nil || tries != 2 {
		t.Errorf("got %v after %d tries, want success after 2", err, tries)
	}
}

func TestUpdateThatReturnsAnErrorWritesNothing(t *testing.T) {
	t.Parallel()
	s, _ := start(t)
	refusal := errors.New("refused")
	err := s.Update(t.Context(), func(tx *store.Tx) error {
		store.Listeners.Put(tx, listener("lb-1", 443))
		return refusal
	})
	if !errors.Is(err, refusal) {
		t.Errorf("got %v, want %v", err, refusal)
	}
	view(t, s, func(r *store.Reader) {
		if n := len(store.Listeners.All(r)); n != 0 {
			t.Errorf("%d listeners were written", n)
		}
	})
}

func TestCallsOfAStoreThatIsGoneAreUnavailable(t *testing.T) {
	t.Parallel()
	s, member := start(t)
	member.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, call := range map[string]func() error{
		"View": func() error { return s.View(ctx, func(r *store.Reader) error { store.Listeners.All(r); return nil }) },
		"Update": func() error {
			return s.Update(ctx, func(tx *store.Tx) error { store.Users.Delete(tx, "a"); return nil })
		},
		"ReportStatus": func() error { return s.ReportStatus(ctx, "n", []elb.ListenerStatus{{Port: 1}}, nil) },
		"Credential":   func() error { _, _, err := s.Credential(ctx, "id"); return err },
		"Mirror":       func() error { _, err := s.Mirror(ctx); return err },
	} {
		if err := call(); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("%s: got %v, want ErrUnavailable", name, err)
		}
	}
}
