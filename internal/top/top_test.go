package top

import (
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

const before = `
elbow_listener_requests_total{class="2xx",lb="lb-1",listener="443"} 100
elbow_listener_requests_total{class="5xx",lb="lb-1",listener="443"} 1
elbow_listener_requests_total{class="2xx",lb="lb-2",listener="443"} 5
elbow_backend_answers_total{address="10.0.0.1:80",backend="i-a:80",class="2xx",lb="lb-1",listener="443"} 60
`

const after = `
elbow_build_info{version="v1"} 1
elbow_listener_requests_total{class="2xx",lb="lb-1",listener="443"} 300
elbow_listener_requests_total{class="5xx",lb="lb-1",listener="443"} 3
elbow_listener_connections{lb="lb-1",listener="443"} 7
elbow_listener_sent_bytes_total{lb="lb-1",listener="443"} 4096
# TYPE elbow_listener_answer_seconds histogram
elbow_listener_answer_seconds_bucket{lb="lb-1",listener="443",le="0.001"} 100
elbow_listener_answer_seconds_bucket{lb="lb-1",listener="443",le="0.002"} 200
elbow_listener_answer_seconds_bucket{lb="lb-1",listener="443",le="+Inf"} 200
elbow_listener_answer_seconds_sum{lb="lb-1",listener="443"} 0.2
elbow_listener_answer_seconds_count{lb="lb-1",listener="443"} 200
elbow_listener_requests_total{class="2xx",lb="lb-1",listener="8443"} 8
elbow_listener_requests_total{class="2xx",lb="lb-2",listener="443"} 2
elbow_backend_answers_total{address="10.0.0.1:80",backend="i-a:80",class="2xx",lb="lb-1",listener="443"} 160
elbow_backend_healthy{address="10.0.0.1:80",backend="i-a:80",lb="lb-1",listener="443"} 1
elbow_backend_answers_total{address="10.0.0.2:80",backend="i-b",class="2xx",lb="lb-1",listener="443"} 0
elbow_backend_healthy{address="10.0.0.2:80",backend="i-b",lb="lb-1",listener="443"} 0
`

func samples(t *testing.T) (*sample, *sample) {
	t.Helper()
	at := time.Unix(0, 0)
	a, err := parse(strings.NewReader(before), at)
	if err != nil {
		t.Fatal(err)
	}
	b, err := parse(strings.NewReader(after), at.Add(2*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return a, b
}

func text(all []row) string {
	lines := []string{header(100)}
	for _, r := range all {
		lines = append(lines, line(r, map[string]string{"lb-1": "shop"}, 100))
	}
	return strings.Join(lines, "\n")
}

// Rates, sums, quantiles and health, as displayed. The listener of lb-2 was
// restarted: both of its requests happened since.
func TestRows(t *testing.T) {
	a, b := samples(t)
	want := strings.TrimPrefix(`
NAME                        REQ/S   ERR/S     P50     P99  ACTIVE     IN/S    OUT/S  BACKENDS
shop (lb-1)                   105       1   1.0ms   2.0ms       7       0B     2.0K  1 of 2 DOWN
  :443                        101       1   1.0ms   2.0ms       7       0B     2.0K  1 of 2 DOWN
    10.0.0.1:80 i-a            50       0       -       -       0                    up
    10.0.0.2:80 i-b             0       0       -       -       0                    DOWN
  :8443                         4       0       -       -       0       0B       0B  none
lb-2                            1       0       -       -       0       0B       0B  none
  :443                          1       0       -       -       0       0B       0B  none`, "\n")
	if got := text(rows(a, b, byName, true)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Above a number of backends the metrics aggregate them by listener.
func TestBackendsTogether(t *testing.T) {
	s, err := parse(strings.NewReader(`
elbow_listener_requests_total{class="2xx",lb="lb-1",listener="443"} 3
elbow_backend_answers_total{class="2xx",lb="lb-1",listener="443"} 3
elbow_backend_members{lb="lb-1",listener="443"} 500
elbow_backend_healthy{lb="lb-1",listener="443"} 497
elbow_listener_requests_total{class="2xx",lb="lb-1",listener="8443"} 0
elbow_backend_members{lb="lb-1",listener="8443"} 2
elbow_backend_healthy{lb="lb-1",listener="8443"} 2
`), time.Unix(1, 0))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.TrimPrefix(`
NAME                        REQ/S   ERR/S     P50     P99  ACTIVE     IN/S    OUT/S  BACKENDS
shop (lb-1)                     3       0       -       -       0       0B       0B  3 of 502 DOWN
  :443                          3       0       -       -       0       0B       0B  3 of 500 DOWN
  :8443                         0       0       -       -       0       0B       0B  2 up`, "\n")
	if got := text(rows(&sample{at: time.Unix(0, 0)}, s, byName, true)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestOrder(t *testing.T) {
	a, b := samples(t)
	b.counters[place{lb: "lb-2", listener: "443"}].requests = 1e6
	for o, first := range map[order]string{byName: "lb-1", byRequests: "lb-2", byLatency: "lb-1", byErrors: "lb-1", byOpen: "lb-1"} {
		all := rows(a, b, o, false)
		if all[0].lb != first || len(all) != 5 {
			t.Errorf("by %s: %d rows, the first is of %s, want %s", o, len(all), all[0].lb, first)
		}
	}
}

func TestQuantile(t *testing.T) {
	buckets := []cumulant{{0.1, 10}, {0.2, 10}, {1, 90}, {math.Inf(1), 100}}
	for q, want := range map[float64]float64{0.05: 0.05, 0.1: 0.1, 0.5: 0.6, 0.9: 1, 0.99: 1} {
		if got := quantile(buckets, q); math.Abs(got-want) > 1e-9 {
			t.Errorf("%v: got %v, want %v", q, got, want)
		}
	}
	if !math.IsNaN(quantile(nil, 0.5)) || !math.IsNaN(quantile([]cumulant{{1, 0}}, 0.5)) {
		t.Error("nothing has no median")
	}
}

func TestUnits(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 0.25: "0.2", 9: "9", 99_999: "99999", 123_456: "123k", 2.5e6: "2.5M"} {
		if got := count(v); got != want {
			t.Errorf("count %v: got %s, want %s", v, got, want)
		}
	}
	for v, want := range map[float64]string{0: "0B", 999: "999B", 2048: "2.0K", 3 << 20: "3.0M", 5 << 40: "5120G"} {
		if got := size(v); got != want {
			t.Errorf("size %v: got %s, want %s", v, got, want)
		}
	}
	for v, want := range map[float64]string{math.NaN(): "-", 0.00012: "0.1ms", 0.0123: "12ms", 2.25: "2.2s"} {
		if got := duration(v); got != want {
			t.Errorf("duration %v: got %s, want %s", v, got, want)
		}
	}
}

// Keys do what the last line says; when a node is gone the error is shown and the
// last values stay.
func TestScreen(t *testing.T) {
	a, b := samples(t)
	gone := errors.New("connection refused")
	s := &screen{source: Source{Address: "node", Metrics: func() (io.ReadCloser, error) { return nil, gone }}, backends: true}
	s.Update(tea.WindowSizeMsg{Width: 100, Height: 20})
	if !strings.Contains(s.text(), "waiting for two samples") {
		t.Errorf("at first: %s", s.text())
	}
	s.Update(taken{sample: a})
	s.Update(taken{sample: b, names: map[string]string{"lb-1": "shop"}})
	has := func(what, want string, is bool) {
		t.Helper()
		if strings.Contains(s.text(), want) != is {
			t.Errorf("%s: %q in it is %v, want %v:\n%s", what, want, !is, is, s.text())
		}
	}
	has("at first", "10.0.0.2:80 i-b", true)
	s.press("b")
	has("without backends", "10.0.0.2:80 i-b", false)
	s.press("s")
	has("sorted", "sort: requests", true)
	s.press("p")
	has("paused", "paused", true)
	s.Update(s.take())
	has("gone", "no answer: connection refused", true)
	has("gone", "shop (lb-1)", true)
	s.height = 6 // room for two rows
	s.press("down")
	has("scrolled", "shop (lb-1)", false)
	s.press("home")
	has("at the top", "shop (lb-1)", true)
	if s.press("q") == nil {
		t.Error("q does not end it")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(after)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parse(strings.NewReader(text), time.Unix(1, 0))
		if err != nil {
			return
		}
		for _, r := range rows(&sample{at: time.Unix(0, 0)}, s, byLatency, true) {
			if l := line(r, nil, 80); strings.Contains(l, "\n") {
				t.Errorf("a row of two lines: %q", l)
			}
		}
	})
}
