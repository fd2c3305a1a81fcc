package stress

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"elbow/internal/elbtest"
)

var soakFor = flag.Duration("soak", 6*time.Second, "how long TestSoak lasts, the end not counted")

// A soak holds the program under test, its backends, and the faults that were found.
type soak struct {
	t    *testing.T
	node *elbtest.Node

	// The backends of the calm site are always available, but for one that is added and
	// removed: no request to it may fail. Half the backends of the rough site are down,
	// stall or reset from time to time: its clients may see only that.
	calm, rough  *elbtest.Site
	front, stick *elbtest.Front // of calm; stick has sessions
	wild         *elbtest.Front // of rough
	backends     map[string]*backend
	certificates []string // ids, both trusted

	temporary bool   // the temporary backend of calm is attached
	steps     int    // of the life of other listeners
	otherPort string // of the present one

	faults faults
	done   sync.Map // what clients did, by name: *atomic.Int64
}

// faults collects violations, up to a maximum number.
type faults struct {
	mu   sync.Mutex
	text []string
	n    int
}

func (f *faults) add(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.n++; f.n <= 20 {
		f.text = append(f.text, time.Now().Format("15:04:05.000 ")+fmt.Sprintf(format, args...))
	}
}

// Backends die, come back, stall and reset, the API changes something ten times a
// second, and clients of all versions of HTTP go on all the time: each answer is
// from a backend of its load balancer and through its listener, sessions stay, no
// stream breaks that nobody has broken, memory is flat, and in the end goroutines
// and file descriptors are back at their number.
func TestSoak(t *testing.T) {
	n := startNode(t)
	warmUp(t, n)
	before := settled(t, n)

	s := newSoak(t, n)
	ctx, cancel := context.WithCancel(context.Background())
	var clients sync.WaitGroup
	s.start(ctx, &clients)
	usage := s.change(time.Now().Add(*soakFor))
	cancel()
	clients.Wait()
	s.release()

	s.done.Range(func(name, n any) bool {
		t.Logf("%-28s %v", name, n)
		return true
	})
	for _, f := range s.faults.text {
		t.Error(f)
	}
	if s.faults.n > len(s.faults.text) {
		t.Errorf("%d faults in all", s.faults.n)
	}
	usage.check(t)
	after := awaitReleased(t, n, before)
	t.Logf("goroutines %.0f, then %.0f; file descriptors %.0f, then %.0f", before.goroutines, after.goroutines, before.files, after.files)
}

func newSoak(t *testing.T, n *elbtest.Node) *soak {
	s := &soak{t: t, node: n, backends: make(map[string]*backend)}
	s.calm = elbtest.NewSite(t, n, s.backend("calm-1"), s.backend("calm-2"))
	s.backend("calm-temporary")
	s.rough = elbtest.NewSite(t, n, s.backend("rough-1"), s.backend("rough-2"), s.backend("rough-3"), s.backend("rough-4"))
	second := elbtest.NewCertificate(t, elbtest.SiteName)
	s.certificates = []string{s.calm.CertificateID, elbtest.Upload(t, s.calm.SDK, second)}
	s.calm.Certificate.Roots.AppendCertsFromPEM([]byte(second.Chain))
	s.front = s.calm.Listen(t, map[string]string{"Scheduler": "wrr"})
	s.stick = s.calm.Listen(t, map[string]string{"StickySession": "on", "StickySessionType": "insert", "CookieTimeout": "3600"})
	s.wild = s.rough.Listen(t, map[string]string{
		"Scheduler": "wlc", "RequestTimeout": "1", "HealthCheck": "on", "HealthCheckURI": "/probe",
		"HealthCheckInterval": "1", "HealthCheckTimeout": "1", "HealthyThreshold": "2", "UnhealthyThreshold": "2",
	})
	return s
}

// backend starts a backend and returns it in the form that a site takes.
func (s *soak) backend(name string) *elbtest.Backend {
	b := newBackend(s.t, name)
	s.backends[name] = b
	return &elbtest.Backend{Name: name, Address: b.address}
}

// release deletes both load balancers with their listeners.
func (s *soak) release() {
	for _, site := range []*elbtest.Site{s.calm, s.rough} {
		if err := call(site, "ReleaseInstance", map[string]string{"InstanceId": site.LoadBalancerID}); err != nil {
			s.t.Errorf("ReleaseInstance: %v", err)
		}
		site.CloseIdle()
	}
}

// warmUp makes a site, serves it and releases it, so that one-time allocations of the
// process precede the counts.
func warmUp(t *testing.T, n *elbtest.Node) {
	b := newBackend(t, "first")
	site := elbtest.NewSite(t, n, &elbtest.Backend{Name: "first", Address: b.address})
	f := site.Listen(t, nil)
	if got := f.Get(t, f.Client(t, ""), "/").Status; got != http.StatusOK {
		t.Fatalf("status %d", got)
	}
	if err := call(site, "ReleaseInstance", map[string]string{"InstanceId": site.LoadBalancerID}); err != nil {
		t.Fatal(err)
	}
	site.CloseIdle()
}

// level holds the numbers of resources that the process has to release.
type level struct{ goroutines, files float64 }

// levelOf reads the numbers from the metrics of a node.
func levelOf(t *testing.T, n *elbtest.Node) level {
	t.Helper()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections() // those to the API
	all, err := scrape(n)
	if err != nil {
		t.Fatal(err)
	}
	return level{all["go_goroutines"], all["process_open_fds"]}
}

// settled returns the lowest numbers, once ten measurements in a row have not been lower.
// On a busy machine some goroutine of a scrape is always there.
func settled(t *testing.T, n *elbtest.Node) level {
	t.Helper()
	lowest := levelOf(t, n)
	for same := 0; same < 10; {
		time.Sleep(200 * time.Millisecond)
		same++
		if now := levelOf(t, n); now.goroutines < lowest.goroutines || now.files < lowest.files {
			lowest = level{min(now.goroutines, lowest.goroutines), min(now.files, lowest.files)}
			same = 0
		}
	}
	return lowest
}

// awaitReleased waits until the numbers are back to those of before, and returns them.
func awaitReleased(t *testing.T, n *elbtest.Node, before level) level {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		now := levelOf(t, n)
		if now.goroutines <= before.goroutines && now.files <= before.files {
			return now
		}
		if time.Now().After(end) {
			t.Errorf("%s after the end: %+v, before the beginning %+v\n%s", patience, now, before, goroutines(n))
			return now
		}
	}
}

// goroutines returns the stacks of the goroutines of a node.
func goroutines(n *elbtest.Node) string {
	res, err := scraper.Get("http://" + n.Admin + "/debug/pprof/goroutine?debug=1")
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	var b strings.Builder
	_ = res.Write(&b)
	return b.String()
}

// A usage is the memory of the node over the time of a soak.
type usage struct {
	rss, heap trend
	most      float64
}

// measure records the memory in use after a garbage collection.
func (u *usage) measure(n *elbtest.Node, at time.Duration) error {
	res, err := scraper.Get("http://" + n.Admin + "/debug/pprof/heap?gc=1")
	if err != nil {
		return err
	}
	_ = res.Body.Close()
	all, err := scrape(n)
	if err != nil {
		return err
	}
	resident := all["process_resident_memory_bytes"]
	u.most = max(u.most, resident)
	u.rss.add(at, resident)
	u.heap.add(at, all["go_memstats_heap_alloc_bytes"])
	return nil
}

// flatFrom is when memory has to be flat. Until then the store fills up: etcd keeps
// the last 5,000 entries of its log in memory, some 5 MiB, which takes 20 a second
// here that long, and the revisions of two minutes.
const flatFrom = 5 * time.Minute

// check bounds the growth: a tenth, and what comes and goes.
func (u *usage) check(t *testing.T) {
	const mb = 1 << 20
	for name, line := range map[string]*trend{"resident": &u.rss, "heap": &u.heap} {
		late := line.from(flatFrom)
		rise, mean := line.growth()
		t.Logf("%s memory: mean %.1f MiB, rise %.1f MiB over %d measurements", name, mean/mb, rise/mb, len(line.at))
		if len(late.at) < 60 {
			continue // the run is too short for a trend
		}
		rise, mean = late.growth()
		t.Logf("%s memory from %v on: mean %.1f MiB, rise %.1f MiB", name, flatFrom, mean/mb, rise/mb)
		if rise > mean/10+2*mb {
			t.Errorf("%s memory is not flat", name)
		}
	}
	t.Logf("resident memory: %.1f MiB at most", u.most/mb)
	if u.most > 512*mb {
		t.Errorf("resident memory went beyond 512 MiB")
	}
}

func itoa(n int) string { return strconv.Itoa(n) }
