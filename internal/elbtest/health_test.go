package elbtest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// checked returns a listener with frequent health checks on a path of its own, so that the
// probes of several listeners can be told apart.
func checked(t *testing.T, s *Site, path string, changes map[string]string) *Front {
	t.Helper()
	params := map[string]string{
		"HealthCheck": "on", "HealthCheckURI": path, "HealthCheckInterval": "1", "HealthCheckTimeout": "30",
		"HealthyThreshold": "2", "UnhealthyThreshold": "2",
	}
	for name, value := range changes {
		params[name] = value
	}
	return s.Listen(t, params)
}

// awaitProbes waits until a backend has seen n probes of a path.
func awaitProbes(t *testing.T, b *Backend, path string, n int) {
	t.Helper()
	Eventually(t, func() error {
		if got := b.Probes(path); got < n {
			return fmt.Errorf("%s has seen %d probes of %s, not %d", b.Name, got, path, n)
		}
		return nil
	})
}

// awaitStatus makes requests on new connections until the answer has the status.
func awaitStatus(t *testing.T, f *Front, status int) {
	t.Helper()
	Eventually(t, func() error {
		a, err := f.TryGet(f.Client(t, ""), "/")
		if err == nil && a.Status != status {
			err = fmt.Errorf("status %d, not %d", a.Status, status)
		}
		return err
	})
}

// With health checks on, a backend that fails its probes gets no more requests. With
// health checks off there are no probes.
func testHealthCheck(t *testing.T) {
	good, bad := NewBackend(t, "good"), NewBackend(t, "bad")
	s := NewSite(t, node(t), good, bad)
	bad.Probe(Status(http.StatusServiceUnavailable))
	on := checked(t, s, "/probe/on", nil)
	off := s.Listen(t, map[string]string{"HealthCheck": "off", "HealthCheckURI": "/probe/off"})
	Eventually(t, func() error {
		if got := on.Spread(t, on.Client(t, ""), 10); got["good"] != 10 {
			return fmt.Errorf("on: %v", got)
		}
		return nil
	})
	if got := off.Spread(t, off.Client(t, ""), 10); got["bad"] == 0 {
		t.Errorf("off: %v", got)
	}
	awaitProbes(t, good, "/probe/on", 3)
	if got := good.Probes("/probe/off"); got != 0 {
		t.Errorf("off, and yet %d probes", got)
	}
	params := s.ListenerParams(nil)
	delete(params, "HealthCheck")
	if got := Code(s.Create(params)); got != "MissingHealthCheck" {
		t.Errorf("absent: code %q", got)
	}
}

// requestOf returns a probe as the backend receives it.
func requestOf(t *testing.T, changes map[string]string) *http.Request {
	t.Helper()
	b := NewBackend(t, "a")
	seen := make(chan *http.Request, 1)
	b.Probe(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case seen <- r:
		default:
		}
	})
	checked(t, NewSite(t, node(t), b), ProbePath, changes)
	return <-seen
}

func testHealthCheckDomain(t *testing.T) {
	if got := requestOf(t, map[string]string{"HealthCheckDomain": "check.example.com"}).Host; got != "check.example.com" {
		t.Errorf("Host %q", got)
	}
	if got := requestOf(t, nil).Host; !strings.HasPrefix(got, "127.0.0.1") {
		t.Errorf("without HealthCheckDomain: Host %q, want the backend's address", got)
	}
}

func testHealthCheckURI(t *testing.T) {
	if got := requestOf(t, map[string]string{"HealthCheckURI": "/probe/page?x=1"}).RequestURI; got != "/probe/page?x=1" {
		t.Errorf("request target %q", got)
	}
	s := NewSite(t, node(t), NewBackend(t, "a"))
	for uri, want := range map[string]string{
		"/":                           "InvalidHealthCheckURI",
		"//":                          "InvalidHealthCheckURI",
		"checkpreload.htm":            "InvalidHealthCheckURI",
		"/" + strings.Repeat("x", 79): "",
		"/" + strings.Repeat("x", 80): "InvalidHealthCheckURI",
		"/a b":                        "InvalidHealthCheckURI",
		"/a\r\nHost: evil":            "InvalidHealthCheckURI",
	} {
		if got := Code(s.Create(s.ListenerParams(map[string]string{"HealthCheckURI": uri}))); got != want {
			t.Errorf("%q: code %q, want %q", uri, got, want)
		}
	}
}

func testHealthCheckMethod(t *testing.T) {
	for _, tt := range []struct{ given, want string }{{"", "HEAD"}, {"head", "HEAD"}, {"get", "GET"}} {
		if got := requestOf(t, map[string]string{"HealthCheckMethod": tt.given}).Method; got != tt.want {
			t.Errorf("%q: probed with %s, want %s", tt.given, got, tt.want)
		}
	}
	s := NewSite(t, node(t), NewBackend(t, "a"))
	if got := Code(s.Create(s.ListenerParams(map[string]string{"HealthCheckMethod": "post"}))); got != "InvalidHealthCheckMethod" {
		t.Errorf("post: code %q", got)
	}
}

// A backend that is down comes up after HealthyThreshold good probes in a row.
func testHealthyThreshold(t *testing.T) {
	b := NewBackend(t, "a")
	s := NewSite(t, node(t), b)
	b.Probe(Status(http.StatusServiceUnavailable))
	two := checked(t, s, "/probe/two", map[string]string{"HealthyThreshold": "2"})
	four := checked(t, s, "/probe/four", map[string]string{"HealthyThreshold": "4"})
	awaitStatus(t, two, http.StatusServiceUnavailable)
	awaitStatus(t, four, http.StatusServiceUnavailable)

	var mu sync.Mutex
	good := make(map[string]int)
	b.Probe(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		good[r.URL.Path]++
	})
	for _, tt := range []struct {
		front *Front
		path  string
		least int
	}{{two, "/probe/two", 2}, {four, "/probe/four", 4}} {
		awaitStatus(t, tt.front, http.StatusOK)
		mu.Lock()
		if got := good[tt.path]; got < tt.least {
			t.Errorf("%s: up after %d good probes, want %d", tt.path, got, tt.least)
		}
		mu.Unlock()
	}
}

// A backend that is up goes down after UnhealthyThreshold failed probes in a row.
func testUnhealthyThreshold(t *testing.T) {
	b := NewBackend(t, "a")
	s := NewSite(t, node(t), b)
	two := checked(t, s, "/probe/two", map[string]string{"UnhealthyThreshold": "2"})
	four := checked(t, s, "/probe/four", map[string]string{"UnhealthyThreshold": "4"})
	awaitProbes(t, b, "/probe/two", 1)
	awaitProbes(t, b, "/probe/four", 1)
	awaitStatus(t, two, http.StatusOK)
	awaitStatus(t, four, http.StatusOK)

	var mu sync.Mutex
	bad := make(map[string]int)
	b.Probe(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		bad[r.URL.Path]++
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	for _, tt := range []struct {
		front *Front
		path  string
		least int
	}{{two, "/probe/two", 2}, {four, "/probe/four", 4}} {
		awaitStatus(t, tt.front, http.StatusServiceUnavailable)
		mu.Lock()
		if got := bad[tt.path]; got < tt.least {
			t.Errorf("%s: down after %d failed probes, want %d", tt.path, got, tt.least)
		}
		mu.Unlock()
	}
}

// A probe without an answer fails after HealthCheckTimeout, but not before
// HealthCheckInterval.
func testHealthCheckTimeout(t *testing.T) {
	b := NewBackend(t, "a")
	s := NewSite(t, node(t), b)
	givenUp := make(chan string, 100)
	b.Probe(func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		givenUp <- r.URL.Path
	})
	short := checked(t, s, "/probe/short", map[string]string{"HealthCheckInterval": "1", "HealthCheckTimeout": "1"})
	checked(t, s, "/probe/long", map[string]string{"HealthCheckInterval": "1", "HealthCheckTimeout": "300"})
	checked(t, s, "/probe/raised", map[string]string{"HealthCheckInterval": "50", "HealthCheckTimeout": "1"})
	awaitProbes(t, b, "/probe/long", 1)
	awaitProbes(t, b, "/probe/raised", 1)
	for range 2 {
		if got := <-givenUp; got != "/probe/short" {
			t.Errorf("the probe of %s was given up while those of one second were", got)
		}
	}
	awaitStatus(t, short, http.StatusServiceUnavailable)
}

func testHealthCheckConnectPort(t *testing.T) {
	traffic, probed := NewBackend(t, "traffic"), NewBackend(t, "probed")
	s := NewSite(t, node(t), traffic)
	f := checked(t, s, ProbePath, map[string]string{"HealthCheckConnectPort": probed.Port()})
	awaitProbes(t, probed, ProbePath, 1)
	if got := f.Get(t, f.Client(t, ""), "/").Backend; got != "traffic" {
		t.Errorf("requests go to %q", got)
	}
	if got := traffic.Probes(ProbePath); got != 0 {
		t.Errorf("%d probes went to the port of the requests", got)
	}
	probed.Stop()
	awaitStatus(t, f, http.StatusServiceUnavailable)
}

// Probes are sent every HealthCheckInterval, except that the second may come earlier, so
// that checkers do not run in step. There are six probes at an interval of one second
// before there are three at 50 seconds.
func testHealthCheckInterval(t *testing.T) {
	b := NewBackend(t, "a")
	s := NewSite(t, node(t), b)
	checked(t, s, "/probe/long", map[string]string{"HealthCheckInterval": "50"})
	checked(t, s, "/probe/short", map[string]string{"HealthCheckInterval": "1"})
	awaitProbes(t, b, "/probe/short", 6)
	if got := b.Probes("/probe/long"); got > 2 {
		t.Errorf("%d probes with an interval of 50 seconds", got)
	}
}

func testHealthCheckHTTPCode(t *testing.T) {
	statuses := map[string]int{"http_2xx": 204, "http_3xx": 302, "http_4xx": 404, "http_5xx": 500}
	for class, status := range statuses {
		t.Run(class, func(t *testing.T) {
			t.Parallel()
			b := NewBackend(t, "a")
			s := NewSite(t, node(t), b)
			b.Probe(Status(status))
			for other := range statuses {
				f := checked(t, s, "/probe/"+other, map[string]string{"HealthCheckHttpCode": other})
				awaitProbes(t, b, "/probe/"+other, 3)
				want := http.StatusServiceUnavailable
				if other == class {
					want = http.StatusOK
				}
				awaitStatus(t, f, want)
			}
			f := checked(t, s, "/probe/all", map[string]string{"HealthCheckHttpCode": strings.Join(slices.Sorted(maps.Keys(statuses)), ",")})
			awaitProbes(t, b, "/probe/all", 3)
			awaitStatus(t, f, http.StatusOK)
		})
	}
	s := NewSite(t, node(t), NewBackend(t, "a"))
	for _, code := range []string{"http_1xx", "200", "http_2xx,", "http_2xx http_3xx"} {
		if got := Code(s.Create(s.ListenerParams(map[string]string{"HealthCheckHttpCode": code}))); got != "InvalidHealthCheckHttpCode" {
			t.Errorf("%q: code %q", code, got)
		}
	}
}

// While no backend is usable the answer is an immediate 503, and no backend is contacted.
func TestNoUsableBackend(t *testing.T) {
	t.Parallel()
	f := NewSite(t, node(t)).Listen(t, nil)
	if got := f.Get(t, f.Client(t, ""), "/").Status; got != http.StatusServiceUnavailable {
		t.Errorf("without backends: status %d, want 503", got)
	}
}
