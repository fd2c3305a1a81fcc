package metrics

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// site is the struct of counts in the tests, like that of the proxy.
type site struct {
	requests [2]Counter // 2xx, 5xx
	faults   Counter
	bytes    Counter
	active   Gauge
	healthy  Gauge
	total    Histogram
}

func newSites() *Set[site] {
	s := NewSet[site]("site", "load_balancer", "port")
	s.Counter("requests_total", "Requests.", func(c *site) *Counter { return &c.requests[0] }, "class", "2xx")
	s.Counter("requests_total", "Requests.", func(c *site) *Counter { return &c.requests[1] }, "class", "5xx")
	s.Rare("faults_total", "Faults.", func(c *site) *Counter { return &c.faults }, "side", "client")
	s.Counter("bytes_total", "Bytes.", func(c *site) *Counter { return &c.bytes })
	s.Gauge("active", "Active connections.", func(c *site) *Gauge { return &c.active })
	s.Gauge("healthy", "Whether the backend is healthy.", func(c *site) *Gauge { return &c.healthy })
	s.Histogram("seconds", "Time of a request.", func(c *site) *Histogram { return &c.total }, "phase", "total")
	return s
}

// everything is more than the number of instances in any test.
const everything = 1 << 20

// scrape returns the lines written, without comments. Prometheus' own parser must
// accept them.
func scrape(t *testing.T, set *Set[site], full int) []string {
	t.Helper()
	var text bytes.Buffer
	if err := set.Write(&text, full); err != nil {
		t.Fatal(err)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	if _, err := parser.TextToMetricFamilies(bytes.NewReader(text.Bytes())); err != nil {
		t.Fatalf("%v in\n%s", err, text.String())
	}
	var lines []string
	for line := range strings.Lines(text.String()) {
		if !strings.HasPrefix(line, "#") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

func TestExposition(t *testing.T) {
	set := newSites()
	i := set.Add(func(c *site) { c.healthy.Set(1) }, "lb-1", "443")
	c := i.Local()
	c.requests[0].Inc()
	c.requests[0].Inc()
	c.requests[1].Inc()
	c.bytes.Add(1 << 40)
	c.active.Add(5)
	i.Local().active.Add(-2)
	c.total.Observe(3 * time.Millisecond)
	c.total.Observe(time.Hour)
	got := scrape(t, set, everything)
	for _, want := range []string{
		`site_requests_total{class="2xx",load_balancer="lb-1",port="443"} 2`,
		`site_requests_total{class="5xx",load_balancer="lb-1",port="443"} 1`,
		`site_bytes_total{load_balancer="lb-1",port="443"} 1099511627776`,
		`site_active{load_balancer="lb-1",port="443"} 3`,
		`site_healthy{load_balancer="lb-1",port="443"} 1`,
		`site_seconds_bucket{load_balancer="lb-1",phase="total",port="443",le="0.0001"} 0`,
		`site_seconds_bucket{load_balancer="lb-1",phase="total",port="443",le="0.002"} 0`,
		`site_seconds_bucket{load_balancer="lb-1",phase="total",port="443",le="0.005"} 1`,
		`site_seconds_bucket{load_balancer="lb-1",phase="total",port="443",le="180"} 1`,
		`site_seconds_bucket{load_balancer="lb-1",phase="total",port="443",le="+Inf"} 2`,
		`site_seconds_count{load_balancer="lb-1",phase="total",port="443"} 2`,
		`site_seconds_sum{load_balancer="lb-1",phase="total",port="443"} 3600.003`,
	} {
		if !slices.Contains(got, want) {
			t.Errorf("no line %s in\n%s", want, strings.Join(got, "\n"))
		}
	}
}

// A removed instance is no longer shown. One that is added twice is shown once
// and stays until both are removed: a listener may come back before the old one
// has drained.
func TestAddAndRemove(t *testing.T) {
	set := newSites()
	shown := func() int {
		n := 0
		for _, line := range scrape(t, set, everything) {
			if strings.HasPrefix(line, "site_bytes_total") {
				n++
			}
		}
		return n
	}
	old := set.Add(func(c *site) { c.healthy.Set(0) }, "lb-1", "443")
	set.Add(nil, "lb-1", "80")
	if n := shown(); n != 2 {
		t.Errorf("%d instances shown, want 2", n)
	}
	again := set.Add(func(c *site) { c.healthy.Set(1) }, "lb-1", "443")
	again.Local().bytes.Add(1)
	if n, bytes := shown(), old.Count(func(c *site) *Counter { return &c.bytes }); n != 2 || bytes != 1 {
		t.Errorf("%d instances shown, %d bytes, want 2 and 1", n, bytes)
	}
	set.Remove(old)
	if line := `site_healthy{load_balancer="lb-1",port="443"} 1`; !slices.Contains(scrape(t, set, everything), line) {
		t.Errorf("no line %s: the later sample does not count", line)
	}
	set.Remove(again)
	if n := shown(); n != 1 {
		t.Errorf("%d instances shown, want 1", n)
	}
	if n := set.Add(nil, "lb-1", "443").Count(func(c *site) *Counter { return &c.bytes }); n != 0 {
		t.Errorf("a new instance begins with %d bytes", n)
	}
}

// Label values that are equal when joined are still different instances.
func TestInstancesAreToldApart(t *testing.T) {
	set := newSites()
	if set.Add(nil, "a", "bc") == set.Add(nil, "ab", "c") {
		t.Error("a, bc and ab, c are one instance")
	}
}

// With several lanes nothing is lost and nothing counted twice, while it is read
// and while instances come and go.
func TestLanesAddUp(t *testing.T) {
	const goroutines, times = 8, 2000
	set := newSites()
	set.picker = newLanePicker(4)
	i := set.Add(nil, "lb-1", "443")
	var wg sync.WaitGroup
	for n := range goroutines {
		wg.Go(func() {
			for range times {
				c := i.Local()
				c.requests[0].Inc()
				c.active.Add(int64(n))
				c.active.Add(int64(-n))
				c.total.Observe(time.Millisecond)
			}
		})
	}
	for n := range 20 {
		other := set.Add(nil, "lb-2", fmt.Sprint(n))
		scrape(t, set, everything)
		set.Remove(other)
	}
	wg.Wait()
	requests := i.Count(func(c *site) *Counter { return &c.requests[0] })
	active := i.Level(func(c *site) *Gauge { return &c.active })
	total := i.Times(func(c *site) *Histogram { return &c.total })
	if requests != goroutines*times || active != 0 || total.Count() != goroutines*times || total.Sum != goroutines*times*time.Millisecond {
		t.Errorf("got %d requests, %d active, %d times of %v, want %d, 0, %[5]d of 1ms each",
			requests, active, total.Count(), total.Sum, goroutines*times)
	}
}

func TestCountingDoesNotAllocate(t *testing.T) {
	for _, lanes := range []int{1, 4} {
		set := newSites()
		set.picker = newLanePicker(lanes)
		i := set.Add(nil, "lb-1", "443")
		if n := testing.AllocsPerRun(1000, func() { countExchange(i.Local()) }); n != 0 {
			t.Errorf("%d lanes: %v allocations an exchange, want 0", lanes, n)
		}
	}
}

func TestLaneCount(t *testing.T) {
	for procs, want := range map[int]int{1: 1, 2: 1, 8: 1, 16: 2, 64: 8, 128: 16, 1024: 16} {
		if got := laneCount(procs); got != want {
			t.Errorf("%d cores: got %d lanes, want %d", procs, got, want)
		}
	}
}

// countExchange counts about as much as the proxy does for one exchange.
func countExchange(c *site) {
	c.active.Add(1)
	c.requests[0].Inc()
	c.bytes.Add(100)
	for range 3 {
		c.total.Observe(3 * time.Millisecond)
	}
	c.active.Add(-1)
}

func BenchmarkCountExchange(b *testing.B) {
	for _, lanes := range []int{1, 2, 8} {
		set := newSites()
		set.picker = newLanePicker(lanes)
		i := set.Add(nil, "lb-1", "443")
		b.Run(fmt.Sprintf("lanes=%d/serial", lanes), func(b *testing.B) {
			for b.Loop() {
				countExchange(i.Local())
			}
		})
		b.Run(fmt.Sprintf("lanes=%d/parallel", lanes), func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					countExchange(i.Local())
				}
			})
		})
	}
}

func BenchmarkScrape(b *testing.B) {
	set := newSites()
	for n := range 1000 {
		set.Add(nil, "lb-1", fmt.Sprint(n))
	}
	for b.Loop() {
		if err := set.Write(io.Discard, everything); err != nil {
			b.Fatal(err)
		}
	}
}
