package reconcile

import (
	"io"
	"strings"
	"testing"
	"time"

	"elbow/internal/elb"
	"elbow/internal/leak"
	"elbow/internal/proxy"
)

// newBalancingSite is newSite with these settings of the loop.
func newBalancingSite(t *testing.T, slowStart time.Duration, loadFactor int) *site {
	s := newSite(t)
	p := proxy.New(proxy.Options{Log: s.loop.applier.log})
	t.Cleanup(p.Close)
	s.loop = New(Config{
		Source: s, Report: s.report, Proxy: p, Node: "here", DrainTimeout: patience, Log: s.loop.applier.log,
		SlowStart: slowStart, LoadFactor: loadFactor,
	})
	return s
}

// A backend that comes back has a small share at first; one that was up all the
// time has its full share.
func TestSlowStart(t *testing.T) {
	leak.Check(t)
	s := newBalancingSite(t, 1000*time.Hour, 0)
	a, b := newServer(t, "a"), newServer(t, "b")
	s.backends(a.Backend, b.Backend)
	s.run()
	k := s.listen(s.freePort()) // without checks, so that no backend has a slow start
	s.awaitHealth(k, "i-a", "unchecked")
	share := func() (n int) {
		c := s.client()
		for range 200 {
			if s.get(c, k.Port) == "a" {
				n++
			}
		}
		return n
	}
	if got := share(); got != 100 {
		t.Errorf("before: a has %d of 200 requests, want half", got)
	}
	s.listener(k.Port, checked)
	s.awaitHealth(k, "i-a", "healthy")
	a.healthy.Store(false)
	s.awaitHealth(k, "i-a", "unhealthy")
	a.healthy.Store(true)
	s.awaitHealth(k, "i-a", "healthy")
	// A tenth of one share is a eleventh of all, 18 of 200.
	if got := share(); got == 0 || got > 60 {
		t.Errorf("come back: a has %d of 200 requests, want some 18", got)
	}
}

// Requests of one client go to one backend, until that reaches its bound.
func TestLoadFactor(t *testing.T) {
	leak.Check(t)
	s := newBalancingSite(t, 0, 100)
	a, b := newServer(t, "a"), newServer(t, "b")
	s.backends(a.Backend, b.Backend)
	s.run()
	k := s.listen(s.freePort(), func(l *elb.Listener) { l.Scheduler = elb.SCH })
	s.awaitState(k, elb.Running)
	own := s.get(s.client(), k.Port)
	var streams []io.Reader
	for range 4 {
		res, err := s.client().Get(s.url(k.Port) + "slow") // returns with the head
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		streams = append(streams, res.Body)
	}
	close(a.hold)
	close(b.hold)
	var got []string
	for _, r := range streams {
		body, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, strings.TrimPrefix(string(body), "begin "))
	}
	other := map[string]string{"a": "b", "b": "a"}[own]
	if want := strings.Join([]string{own, other, own, other}, " "); strings.Join(got, " ") != want {
		t.Errorf("answered by %q, want %q", got, want)
	}
}
