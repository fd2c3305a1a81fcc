package stress

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"elbow/internal/elbtest"
)

var overloadFor = flag.Duration("overload", 0, "how long TestOverload offers too much; 0: not at all")

// The load generator is this program as its own child, so that its memory and its
// goroutines are not those of the test.
const loadVariable = "ELBOW_STRESS_LOAD"

func TestMain(m *testing.M) {
	if text := os.Getenv(loadVariable); text != "" {
		if err := generate(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	flag.Parse()
	code := m.Run()
	elbtest.RemoveBinary()
	os.Exit(code)
}

// The limits that must hold under overload. The resident memory has to stay below the
// memory limit of the node.
const (
	leastGoodput = 0.8 // of the peak
	memoryLimit  = 256 << 20
	overloads    = 3 // times of each kind
	serviceTime  = 20 * time.Millisecond
	service      = 32 // requests that the backend processes at once
)

// At three times its capacity the program delivers at least four fifths of the capacity,
// in bounded memory, and is back to normal a second after the overload.
func TestOverload(t *testing.T) {
	if *overloadFor == 0 {
		t.Skip("make overload runs it")
	}
	backend := elbtest.NewBackend(t, "a")
	places := make(chan struct{}, service)
	backend.Serve(func(w http.ResponseWriter, r *http.Request) { // its queue is unbounded
		places <- struct{}{}
		time.Sleep(serviceTime)
		<-places
	})
	t.Setenv("GOMAXPROCS", "1")
	n := startNode(t, "-memory-limit", "256MiB", "-max-backend-connections", itoa(service+service/4))
	pin(t, n)
	site := elbtest.NewSite(t, n, backend)
	f := site.Listen(t, map[string]string{"IdleTimeout": "60"})
	// A handshake with a key of this size takes the program ten times as long as one
	// with ECDSA, so that a generator with one core can offer three times the peak.
	heavy := site.Listen(t, map[string]string{"ServerCertificateId": elbtest.Upload(t, site.SDK, elbtest.NewRSACertificate(t, 4096, elbtest.SiteName))})
	for _, l := range []load{
		{Address: f.HostPort(), Kind: "kept", Conns: 2000, Late: 500 * time.Millisecond},
		{Address: heavy.HostPort(), Kind: "new", Conns: 4000, Late: 3 * time.Second},
		{Address: heavy.HostPort(), Kind: "quic", Conns: 2000, Late: 3 * time.Second},
	} {
		t.Run(l.Kind, func(t *testing.T) { overload(t, n, l) })
	}
	t.Run("beside", func(t *testing.T) {
		beside(t, load{Address: heavy.HostPort(), Kind: "new", Conns: 4000, Late: 3 * time.Second},
			load{Address: f.HostPort(), Kind: "kept", Conns: 20, Rate: 200, Late: 500 * time.Millisecond})
	})
}

// beside has a few clients send requests on existing connections during a flood of
// handshakes. They may be slower, but must not fail.
func beside(t *testing.T, flood, few load) {
	few.For = *overloadFor / 2
	report(t, "alone", few.run(t), outcome{})
	calm := flood
	calm.Conns, calm.For = 8, *overloadFor/2
	flood.For, flood.Rate = *overloadFor, 3*calm.run(t).Goodput
	done := make(chan struct{})
	go func() { defer close(done); flood.run(t) }() // awaited below
	time.Sleep(flood.For / 4)
	o := few.run(t)
	<-done
	report(t, "beside the flood", o, outcome{})
	if o.Refused+o.Late+o.Failed > 0 || o.Good == 0 {
		t.Error("requests on open connections have not been answered")
	}
}

// pin gives the program one core and all others the other core, as in bench.
func pin(t *testing.T, n *elbtest.Node) {
	t.Helper()
	for pid, core := range map[int]string{n.PID(): "0", os.Getpid(): "1"} {
		if text, err := exec.Command("taskset", "-a", "-p", "-c", core, itoa(pid)).CombinedOutput(); err != nil {
			t.Fatalf("taskset: %v: %s", err, text)
		}
	}
}

// overload measures the capacity and three times that load in turn, because the speed of
// machines varies over time, and compares the medians.
func overload(t *testing.T, n *elbtest.Node, l load) {
	calm := l
	calm.Conns, calm.For = service, *overloadFor/2
	if l.Kind != "kept" {
		calm.Conns = 8 // enough to keep one processor busy; more would be a permanent queue
	}
	peak := calm.run(t)
	report(t, "peak", peak, peak)
	l.For = *overloadFor
	var offered, goodput, recovery []float64 // relative to the capacity measured around it, or before it
	for range overloads {
		l.Rate = 3 * peak.Goodput
		over := underWatch(t, n, l)
		time.Sleep(time.Second)
		after := calm.run(t)
		around := (peak.Goodput + after.Goodput) / 2
		report(t, "3 times that", over, outcome{Goodput: around})
		report(t, "a second later", after, peak)
		if after.Refused+after.Failed+after.Late > 0 {
			t.Error("it goes on to refuse")
		}
		offered = append(offered, float64(over.Offered-over.Unsent)/l.For.Seconds()/around)
		goodput = append(goodput, over.Goodput/around)
		recovery = append(recovery, after.Goodput/peak.Goodput)
		peak = after
	}
	t.Logf("medians, of the peak: offered %.2f, goodput %.2f, a second later %.2f", median(offered), median(goodput), median(recovery))
	if median(offered) < 2.5 {
		t.Error("the generator was busy, and this says nothing")
	}
	if median(goodput) < leastGoodput {
		t.Error("goodput fell")
	}
	if median(recovery) < 0.9 {
		t.Error("it has not recovered")
	}
}

// underWatch runs l and checks the memory meanwhile.
func underWatch(t *testing.T, n *elbtest.Node, l load) (o outcome) {
	before, err := cpuTime(n.PID())
	if err != nil {
		t.Fatal(err)
	}
	most := watchMemory(t, n, func() { o = l.run(t) })
	after, err := cpuTime(n.PID())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("CPU time: %.1f s", float64(after-before)/100)
	t.Logf("resident memory: %d MiB at most, limit %d MiB", most>>20, memoryLimit>>20)
	if most > memoryLimit {
		t.Error("resident memory went beyond the limit")
	}
	return o
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}

func report(t *testing.T, phase string, o, peak outcome) {
	t.Logf("%-16s offered %7d  good %7d  refused %7d  late %6d  failed %5d  unsent %7d  goodput %8.0f/s (%.2f)  median %v  p99 %v",
		phase, o.Offered, o.Good, o.Refused, o.Late, o.Failed, o.Unsent, o.Goodput, o.Goodput/cmp.Or(peak.Goodput, 1),
		o.Median.Round(time.Millisecond/10), o.P99.Round(time.Millisecond/10))
}

// watchMemory runs work and returns the maximum resident memory of the node meanwhile. It
// checks that /healthz and the API answer all the time.
func watchMemory(t *testing.T, n *elbtest.Node, work func()) (most int64) {
	done := make(chan struct{})
	go func() { defer close(done); work() }()
	var healthz, describe time.Duration // the slowest of each
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-done:
			t.Logf("/healthz answered within %v, a signed call within %v",
				healthz.Round(time.Millisecond), describe.Round(time.Millisecond))
			return most
		case <-tick.C:
		}
		now, err := rss(n.PID())
		if err != nil {
			t.Fatal(err)
		}
		most = max(most, now)
		healthz = max(healthz, timed(t, "healthz", func() error {
			res, err := scraper.Get("http://" + n.Admin + "/healthz")
			if err != nil {
				return err
			}
			_ = res.Body.Close() // only the status matters
			if res.StatusCode != http.StatusOK {
				return errors.New(res.Status)
			}
			return nil
		}))
		describe = max(describe, timed(t, "a signed call", func() error {
			_, err := n.RPC().Call(t.Context(), "2017-11-10", "DescribeLoadBalancers", nil)
			return err
		}))
	}
}

// timed returns how long a function takes, which must not fail.
func timed(t *testing.T, what string, do func() error) time.Duration {
	t.Helper()
	start := time.Now()
	if err := do(); err != nil {
		t.Errorf("%s: %v", what, err)
	}
	return time.Since(start)
}
