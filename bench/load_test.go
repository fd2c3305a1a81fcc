//go:build linux

package main

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// origin answers with 100 bytes, as the origins of the stage do.
func origin(w http.ResponseWriter, _ *http.Request) {
	_, _ = io.WriteString(w, smallBody) // the client counts
}

// serve starts a TLS server with the given handler and returns its address.
func serve(t *testing.T, config *tls.Config, handler http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewUnstartedServer(handler)
	s.TLS = config
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

func TestPercentile(t *testing.T) {
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(i)
	}
	for _, tt := range []struct {
		sorted []time.Duration
		p      float64
		want   time.Duration
	}{
		{nil, 0.99, 0},
		{hundred[:1], 0.99, 0},
		{hundred[7:8], 0.5, 7},
		{hundred, 0.5, 50},
		{hundred, 0.99, 99},
		{hundred, 1, 99},
	} {
		if got := percentile(tt.sorted, tt.p); got != tt.want {
			t.Errorf("percentile %v of %d values: %d, want %d", tt.p, len(tt.sorted), got, tt.want)
		}
	}
}

func TestSampleOf(t *testing.T) {
	got, err := sampleOf(outcome{Requests: 20000, Elapsed: 2 * time.Second, P99: 3 * time.Millisecond}, time.Second)
	want := sample{cpu: 50, busy: 0.5, rate: 10000, p99: 3000}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if got, err := sampleOf(outcome{Elapsed: time.Second}, time.Second); err == nil {
		t.Errorf("no request was answered: taken for %+v", got)
	}
}

// The arrivals have the requested rate, are in order and within the round, and are the
// same for every balancer.
func TestArrivals(t *testing.T) {
	const rate, d = 10000, 2 * time.Second
	due := arrivals(rate, d, 1)
	// A Poisson process with 20,000 arrivals has a standard deviation of the square root
	// of that.
	if n := len(due); n < 19300 || n > 20700 {
		t.Errorf("%d arrivals in %s at %d a second", n, d, rate)
	}
	if !slices.IsSorted(due) || due[len(due)-1] >= d {
		t.Errorf("not in order, or past the end: the last at %s", due[len(due)-1])
	}
	if !slices.Equal(due, arrivals(rate, d, 1)) || slices.Equal(due, arrivals(rate, d, 2)) {
		t.Error("the seed does not decide")
	}
}

// Every request of an open loop is answered and counted.
func TestPacedLoadCountsAll(t *testing.T) {
	o := order{Address: serve(t, nil, origin), Rate: 500, Duration: 400 * time.Millisecond}
	got, err := pacedLoad(o)
	if err != nil {
		t.Fatal(err)
	}
	if want := len(arrivals(o.Rate, o.Duration, 1)); got.Requests != want || got.P99 < got.P50 || got.P50 == 0 {
		t.Errorf("got %+v, want %d requests and percentiles", got, want)
	}
}

// The latency of a request counts from when it was due, also of those that could not be
// sent while the balancer stalled: they outnumber the connections.
func TestOpenLoopDoesNotOmitWhatWaits(t *testing.T) {
	const stall = 300 * time.Millisecond
	var served atomic.Int32
	resume := make(chan struct{})
	l := &openLoop{due: arrivals(2000, 2*stall, 1), conns: make(map[int32]*pacedConn)}
	address := serve(t, nil, func(w http.ResponseWriter, r *http.Request) {
		if served.Add(1) > pacedConnections { // after the first request of each connection
			<-resume
		}
		origin(w, r)
	})
	defer l.close()
	if err := l.open(address, false); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(stall, func() { close(resume) })
	if err := l.run(); err != nil {
		t.Fatal(err)
	}
	slow := 0
	for _, took := range l.took {
		if took > stall/3 {
			slow++
		}
	}
	// Two thirds of the stall, at 2,000 a second, are about 400 requests.
	if slow < 4*pacedConnections {
		t.Errorf("%d of %d requests waited for more than %s, over %d connections", slow, len(l.took), stall/3, pacedConnections)
	}
}

// A balancer that does not answer ends the round with an error.
func TestPacedLoadRefuses(t *testing.T) {
	address := serve(t, nil, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	if got, err := pacedLoad(order{Address: address, Rate: 100, Duration: 50 * time.Millisecond}); err == nil {
		t.Errorf("took 503 for %+v", got)
	}
}

func TestConnectsLoad(t *testing.T) {
	var resumed, all atomic.Int32
	address := serve(t, nil, func(w http.ResponseWriter, r *http.Request) {
		all.Add(1)
		if r.TLS.DidResume {
			resumed.Add(1)
		}
		origin(w, r)
	})
	full, err := connectsLoad(order{Address: address, Duration: 200 * time.Millisecond})
	if err != nil || full.Requests == 0 || resumed.Load() != 0 {
		t.Errorf("full: %+v, %v; the server resumed %d", full, err, resumed.Load())
	}
	all.Store(0)
	again, err := connectsLoad(order{Address: address, Duration: 200 * time.Millisecond, Resume: true})
	if err != nil || again.Full != 0 || resumed.Load() != all.Load()-connectWorkers {
		t.Errorf("resumed: %+v, %v; the server resumed %d of %d", again, err, resumed.Load(), all.Load())
	}
}

// A round of resumed handshakes in which too many were full is not a measurement.
func TestConnectsLoadRefusesFullHandshakes(t *testing.T) {
	address := serve(t, &tls.Config{SessionTicketsDisabled: true}, origin)
	if got, err := connectsLoad(order{Address: address, Duration: 100 * time.Millisecond, Resume: true}); err == nil {
		t.Errorf("took full handshakes for %+v", got)
	}
}

// A sink answers after the whole body, and keeps the connection open.
func TestSink(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	failed := make(chan error, 1)
	go serveSink(l, failed) // ends with the listener

	for range 2 {
		req, err := http.NewRequest(http.MethodPut, "http://"+l.Addr().String()+"/upload", strings.NewReader(strings.Repeat("x", 1<<20)))
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close() // it is empty
		if res.StatusCode != http.StatusOK {
			t.Errorf("got %s", res.Status)
		}
	}
}

// The configurations of two workloads differ only where the setups differ.
func TestConfigs(t *testing.T) {
	st := &stage{dir: t.TempDir()}
	s := setup{origins: [2]string{"127.0.0.1:1", "127.0.0.1:2"}, keys: keyPair{cert: "c.pem", key: "k.pem", both: "b.pem"}}
	for _, tt := range []struct{ file, with, without string }{
		{"nginx.conf", "access_log log.txt combined", "access_log off;"},
		{"haproxy.cfg", "option httplog", "mode http"},
	} {
		for _, s.accessLog = range []bool{true, false} {
			path, err := st.render(tt.file, s.values("127.0.0.1:3", "log.txt"))
			if err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(filepath.Clean(path))
			if err != nil {
				t.Fatal(err)
			}
			want := tt.without
			if s.accessLog {
				want = tt.with
			}
			if !strings.Contains(string(text), want) || strings.Contains(string(text), tt.with) != s.accessLog {
				t.Errorf("%s, access log %v: no %q, or more than that, in\n%s", tt.file, s.accessLog, want, text)
			}
		}
	}
}

// The row of how busy the balancers were is printed if one of them was not.
func TestPrintTellsIdleBalancers(t *testing.T) {
	for busy, want := range map[float64]bool{0.99: false, 0.6: true} {
		subjects := []*subject{{name: "nginx", peer: true}, {name: "elbow"}}
		r := newResults(subjects)
		r.add(workloads[0], subjects[0], sample{cpu: 20, busy: 0.99})
		r.add(workloads[0], subjects[1], sample{cpu: 10, busy: busy})
		var text strings.Builder
		r.print(&text)
		if strings.Contains(text.String(), "its core busy") != want {
			t.Errorf("busy %v:\n%s", busy, text.String())
		}
	}
}
