package proxy

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"elbow/internal/leak"
)

// series gathers the metrics of the proxy of r: counters and gauges by name and labels,
// histograms by their number of observations.
func (r *rig) series() map[string]float64 {
	r.t.Helper()
	var text bytes.Buffer
	if err := r.proxy.WriteMetrics(&text, 100, 100); err != nil {
		r.t.Fatal(err)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(&text)
	if err != nil {
		r.t.Fatal(err)
	}
	all := make(map[string]float64)
	for _, f := range families {
		for _, m := range f.Metric {
			all[f.GetName()+labels(m)] = m.GetCounter().GetValue() + m.GetGauge().GetValue() +
				float64(m.GetHistogram().GetSampleCount())
		}
	}
	return all
}

// labels formats the labels without the address, which differs in each run.
func labels(m *dto.Metric) string {
	var pairs []string
	for _, l := range m.Label {
		if l.GetName() != "address" {
			pairs = append(pairs, l.GetName()+"="+l.GetValue())
		}
	}
	slices.Sort(pairs)
	return "{" + strings.Join(pairs, ",") + "}"
}

func (r *rig) wantSeries(want map[string]float64) {
	r.t.Helper()
	got := r.series()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if v, ok := got[name]; !ok || v != want[name] {
			r.t.Errorf("%s: got %v (there: %t), want %v", name, v, ok, want[name])
		}
	}
}

// Every exchange is counted once at its listener and once at its backend.
func TestCounts(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)})
	c := r.dial()
	for range 3 {
		c.send(get).want(200, "hello")
		r.log.next(t)
	}
	c.send("BAD REQUEST\r\n\r\n").want(400, "*")
	r.log.next(t)
	r.wantSeries(map[string]float64{
		"elbow_listener_requests_total{class=2xx,lb=lb-test,listener=443}":              3,
		"elbow_listener_requests_total{class=4xx,lb=lb-test,listener=443}":              1,
		"elbow_listener_faults_total{lb=lb-test,listener=443,op=head,side=client}":      1,
		"elbow_listener_connections_total{lb=lb-test,listener=443}":                     1,
		"elbow_listener_handshakes_total{lb=lb-test,listener=443,result=ok}":            1,
		"elbow_listener_request_seconds{lb=lb-test,listener=443}":                       4,
		"elbow_listener_answer_seconds{lb=lb-test,listener=443}":                        3,
		"elbow_backend_answers_total{backend=a,class=2xx,lb=lb-test,listener=443}":      3,
		"elbow_backend_dials_total{backend=a,lb=lb-test,listener=443,result=ok}":        1,
		"elbow_backend_reuses_total{backend=a,lb=lb-test,listener=443}":                 2,
		"elbow_backend_idle_connections{backend=a,lb=lb-test,listener=443}":             1,
		"elbow_backend_active{backend=a,lb=lb-test,listener=443}":                       0,
		"elbow_backend_healthy{backend=a,lb=lb-test,listener=443}":                      1,
		"elbow_backend_faults_total{backend=a,lb=lb-test,listener=443,op=receive}":      0,
		"elbow_listener_retries_total{lb=lb-test,listener=443}":                         0,
		"elbow_listener_connections_refused_total{lb=lb-test,listener=443}":             0,
		"elbow_backend_stale_connections_total{backend=a,lb=lb-test,listener=443}":      0,
		"elbow_backend_dials_total{backend=a,lb=lb-test,listener=443,result=failed}":    0,
		"elbow_listener_handshakes_total{lb=lb-test,listener=443,result=failed}":        0,
		"elbow_backend_connect_seconds{backend=a,lb=lb-test,listener=443}":              3,
		"elbow_listener_connect_seconds{lb=lb-test,listener=443}":                       3,
		"elbow_backend_answer_seconds{backend=a,lb=lb-test,listener=443}":               3,
		"elbow_listener_faults_total{lb=lb-test,listener=443,op=connect,side=upstream}": 0,
	})
}

// Requests of every version are counted in the same way.
func TestCountsOfExchanges(t *testing.T) { each(t, testCountsOfExchanges) }

func testCountsOfExchanges(t *testing.T, v version) {
	r := newRig(t, []string{origin(t, hello)})
	c := r.asker(v)
	for range 3 {
		c.ask(get).want(200, "hello")
		r.log.next(t)
	}
	r.wantSeries(map[string]float64{
		"elbow_listener_requests_total{class=2xx,lb=lb-test,listener=443}":         3,
		"elbow_listener_connections_total{lb=lb-test,listener=443}":                1,
		"elbow_listener_request_seconds{lb=lb-test,listener=443}":                  3,
		"elbow_listener_answer_seconds{lb=lb-test,listener=443}":                   3,
		"elbow_backend_answers_total{backend=a,class=2xx,lb=lb-test,listener=443}": 3,
		"elbow_backend_dials_total{backend=a,lb=lb-test,listener=443,result=ok}":   1,
		"elbow_backend_reuses_total{backend=a,lb=lb-test,listener=443}":            2,
		"elbow_backend_active{backend=a,lb=lb-test,listener=443}":                  0,
	})
}

// The same server behind two listeners is two backends with separate counts.
func TestBackendsOfTwoListenersAreToldApart(t *testing.T) {
	leak.Check(t)
	address := origin(t, hello)
	r := newRig(t, []string{address})
	other := r.proxy.NewBackend("lb-other", 8443, "a", address)
	defer other.Retire()
	r.dial().send(get).want(200, "hello")
	r.log.next(t)
	r.wantSeries(map[string]float64{
		"elbow_backend_answers_total{backend=a,class=2xx,lb=lb-test,listener=443}":   1,
		"elbow_backend_answers_total{backend=a,class=2xx,lb=lb-other,listener=8443}": 0,
		"elbow_backend_healthy{backend=a,lb=lb-test,listener=443}":                   1,
		"elbow_backend_healthy{backend=a,lb=lb-other,listener=8443}":                 0,
	})
}

// Faults of a backend are counted at it, by phase.
func TestFaultsOfABackendAreCounted(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
		p.head()
		p.send("garbage\r\n\r\n")
	})})
	r.dial().send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx").want(502, "*")
	r.log.next(t)
	r.wantSeries(map[string]float64{
		"elbow_listener_requests_total{class=5xx,lb=lb-test,listener=443}":              1,
		"elbow_listener_faults_total{lb=lb-test,listener=443,op=receive,side=upstream}": 1,
		"elbow_backend_faults_total{backend=a,lb=lb-test,listener=443,op=receive}":      1,
		"elbow_backend_answers_total{backend=a,class=2xx,lb=lb-test,listener=443}":      0,
	})
}

// The size of a scrape with a thousand listeners, and its growth with one more.
func TestScrapeSize(t *testing.T) {
	leak.Check(t)
	p := New(Options{})
	defer p.Close()
	add := func(n int) {
		for n := range n {
			lb := fmt.Sprintf("lb-5scgq72h8%012d", n)
			p.listeners.Add(nil, lb, "443")
			for _, backend := range []string{"i-5scgq72h8a1", "i-5scgq72h8a2"} {
				p.backends.Add(nil, lb, "443", backend, "192.168.100.100:8080")
			}
		}
	}
	size := func(listeners, backends int) int {
		var text bytes.Buffer
		if err := p.WriteMetrics(&text, listeners, backends); err != nil {
			t.Fatal(err)
		}
		return text.Len()
	}
	add(1000)
	full, brief := size(1000, 2000), size(999, 1999)
	t.Logf("1,000 listeners with 2 backends each: %d bytes in full, %d in brief", full, brief)
	if brief > full/8 || brief > 4000*1000 {
		t.Errorf("in brief %d bytes, want an eighth of the %d in full and 4000 a listener at most", brief, full)
	}
}
