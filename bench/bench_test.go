//go:build linux

package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const wrkReport = `Running 2s test @ https://127.0.0.1:8443/100
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.10ms  350.28us   9.04ms   93.01%
    Req/Sec    59.85k     2.31k   62.75k    85.00%
  Latency Distribution
     50%    1.04ms
     75%    1.15ms
     90%    1.33ms
     99%    2.58ms
  119123 requests in 2.00s, 27.04MB read
Requests/sec:  59560.42
Transfer/sec:     13.52MB
`

func TestParseWrk(t *testing.T) {
	got, err := parseWrk(wrkReport)
	want := outcome{Requests: 119123, Elapsed: 2 * time.Second, P99: 2580 * time.Microsecond}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

// A round with errors or a truncated report is not a measurement.
func TestParseWrkRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"statuses":   wrkReport + "  Non-2xx or 3xx responses: 12\n",
		"sockets":    wrkReport + "  Socket errors: connect 0, read 3, write 0, timeout 0\n",
		"no totals":  strings.ReplaceAll(wrkReport, "requests in", "requests"),
		"no p99":     strings.ReplaceAll(wrkReport, "99%  ", "98%  "),
		"an empty":   "",
		"half of it": wrkReport[:len(wrkReport)/2],
	} {
		if got, err := parseWrk(text); err == nil {
			t.Errorf("%s: taken for %+v", name, got)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, tt := range []struct {
		values []float64
		want   float64
	}{
		{nil, 0},
		{[]float64{3}, 3},
		{[]float64{9, 1, 2}, 2},
		{[]float64{4, 1, 3, 2}, 2.5},
	} {
		if got := median(tt.values); got != tt.want {
			t.Errorf("median of %v: %v, want %v", tt.values, got, tt.want)
		}
	}
}

// The ratio is to the best of the peers: to the lowest value if less is better, else to
// the highest.
func TestPrint(t *testing.T) {
	subjects := []*subject{{name: "nginx", peer: true}, {name: "haproxy", peer: true}, {name: "elbow"}}
	r := newResults(subjects)
	for i, s := range []sample{{cpu: 20, rate: 1000}, {cpu: 10, rate: 2000}, {cpu: 5, rate: 3000}} {
		r.add(workloads[0], subjects[i], s)
	}
	var text strings.Builder
	r.print(&text)
	for _, want := range []string{
		"| CPU µs a request | 20.0 | 10.0 | 5.0 (**0.50**) |",
		"| requests/s | 1000 | 2000 | 3000 (**1.50**) |",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
	if strings.Contains(text.String(), "p99") {
		t.Errorf("a row of what was not measured:\n%s", text.String())
	}
}

// The throughput is compared with Caddy's, also where no peer takes part.
func TestPrintComparesWithCaddy(t *testing.T) {
	subjects := []*subject{{name: "nginx", peer: true}, {name: "elbow"}, {name: caddyName}}
	r := newResults(subjects)
	small, h3 := workload{name: "small", title: "small"}, workload{name: "h3", title: "h3"}
	r.add(small, subjects[0], sample{rate: 2000, cpu: 10})
	r.add(small, subjects[1], sample{rate: 3000, cpu: 5})
	r.add(small, subjects[2], sample{rate: 1000, cpu: 20})
	r.add(h3, subjects[1], sample{rate: 500})
	r.add(h3, subjects[2], sample{rate: 250})
	var text strings.Builder
	r.print(&text)
	for _, want := range []string{
		"| small | CPU µs a request | 10.0 | 5.0 (**0.50**, 4.0 × Caddy) | 20.0 (**2.00**) |",
		"| small | requests/s | 2000 | 3000 (**1.50**, 3.0 × Caddy) | 1000 (**0.50**) |",
		"| h3 | requests/s | – | 500 (2.0 × Caddy) | 250 |",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
}

func TestH2loadP99(t *testing.T) {
	var log strings.Builder
	for i := range 100 {
		fmt.Fprintf(&log, "1700000000000000\t200\t%d\n", 100-i)
	}
	if got, err := h2loadP99(strings.NewReader(log.String())); err != nil || got != 100*time.Microsecond {
		t.Errorf("got %s, %v", got, err)
	}
	for _, bad := range []string{"1700000000000000\t200\n", "1700000000000000\t200\tsoon\n"} {
		if got, err := h2loadP99(strings.NewReader(bad)); err == nil {
			t.Errorf("took %q for %s", bad, got)
		}
	}
}
