package elbtest

import (
	"fmt"
	"net/http"
	"testing"
)

// testScheduler checks each algorithm by its distribution of requests.
func testScheduler(t *testing.T) {
	for name, test := range map[string]func(*testing.T){
		"wrr": testWRR, "wlc": testWLC, "rr": testRR,
		"sch":  func(t *testing.T) { testHashing(t, "sch") },
		"qch":  func(t *testing.T) { testHashing(t, "qch") },
		"iqch": func(t *testing.T) { testHashing(t, "iqch") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
	t.Run("default is wrr", func(t *testing.T) {
		s := NewSite(t, node(t), NewBackend(t, "a"))
		params := s.ListenerParams(nil)
		if err := s.Create(params); err != nil {
			t.Fatal(err)
		}
		found, err := s.Describe(params["ListenerPort"])
		if err != nil {
			t.Fatal(err)
		}
		if found.Scheduler != "wrr" {
			t.Errorf("got %q", found.Scheduler)
		}
	})
}

// weighted returns a site of two backends, of which the first has three times the weight
// of the second.
func weighted(t *testing.T) (s *Site, heavy, light *Backend) {
	t.Helper()
	heavy, light = NewBackend(t, "heavy"), NewBackend(t, "light")
	s = NewSite(t, node(t))
	s.AddBackends(t, 75, heavy)
	s.AddBackends(t, 25, light)
	return s, heavy, light
}

func testWRR(t *testing.T) {
	s, heavy, _ := weighted(t)
	f := s.Listen(t, map[string]string{"Scheduler": "wrr"})
	c := f.Client(t, "")
	if got := f.Spread(t, c, 40); got["heavy"] != 30 || got["light"] != 10 {
		t.Errorf("weights 75 and 25, 40 requests: %v", got)
	}
	s.SetWeight(t, heavy, 0)
	Eventually(t, func() error {
		if got := f.Spread(t, c, 10); got["light"] != 10 {
			return fmt.Errorf("weights 0 and 25: %v", got)
		}
		return nil
	})
}

func testRR(t *testing.T) {
	s, _, _ := weighted(t)
	f := s.Listen(t, map[string]string{"Scheduler": "rr"})
	if got := f.Spread(t, f.Client(t, ""), 40); got["heavy"] != 20 || got["light"] != 20 {
		t.Errorf("rr counts weights: %v", got)
	}
}

// With a request in flight on every backend but one, that one gets the next request.
func testWLC(t *testing.T) {
	a, b := NewBackend(t, "a"), NewBackend(t, "b")
	s := NewSite(t, node(t), a, b)
	f := s.Listen(t, map[string]string{"Scheduler": "wlc"})
	held, release := make(chan string, 1), make(chan struct{})
	for _, backend := range []*Backend{a, b} {
		backend.Serve(func(_ http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/hold" {
				held <- backend.Name
				<-release
			}
		})
	}
	done := make(chan error, 1)
	go func() { // ends with the answer, which is read below
		_, err := f.TryGet(f.Client(t, ""), "/hold")
		done <- err
	}()
	busy := <-held
	if got := f.Spread(t, f.Client(t, ""), 20); got[busy] != 0 {
		t.Errorf("%s has a request in flight and got more: %v", busy, got)
	}
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A source address always gets the same backend, on all of its connections, and different
// addresses get different backends. HTTP/1.1 has no QUIC connection id, so qch and iqch
// behave in the same way.
func testHashing(t *testing.T, scheduler string) {
	s := NewSite(t, node(t), NewBackend(t, "a"), NewBackend(t, "b"), NewBackend(t, "c"))
	f := s.Listen(t, map[string]string{"Scheduler": scheduler})
	chosen := make(map[string]int)
	for i := range 40 {
		from := fmt.Sprintf("127.0.1.%d", i+1)
		first := f.Get(t, f.Client(t, from), "/").Backend
		if again := f.Get(t, f.Client(t, from), "/").Backend; again != first {
			t.Errorf("from %s: %s, then %s", from, first, again)
		}
		chosen[first]++
	}
	if len(chosen) != 3 {
		t.Errorf("40 addresses went to %v, want all three backends", chosen)
	}
}
