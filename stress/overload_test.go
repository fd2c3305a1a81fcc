package stress

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"elbow/internal/elbtest"
)

var overloadFor = flag.Duration("overload", 0, "how long TestOverload offers too much; 0: not at all")

// The load generator is this program as its own child, so that its memory and
// its goroutines are not those of the test.
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

// A load is what the generator is to offer.
type load struct {
	Address string
	Kind    string        // kept: requests on kept connections; new: a handshake each
	Rate    float64       // a second, whatever becomes of them; 0: one after the other
	Conns   int           // connections, or what may be under way
	For     time.Duration // at most a minute
	Late    time.Duration // an answer after that is no use
}

// An outcome is what became of it.
type outcome struct {
	Offered, Good, Refused, Late, Failed, Unsent int64
	Goodput                                      float64 // a second
	Median, P99                                  time.Duration
}

// run has a child generate l.
func (l load) run(t *testing.T) outcome {
	t.Helper()
	text, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command("taskset", "-c", "1", os.Args[0])
	child.Env = append(os.Environ(), loadVariable+"="+string(text))
	child.Stderr = os.Stderr
	said, err := child.Output()
	if err != nil {
		t.Fatalf("load generator: %v", err)
	}
	var o outcome
	if err := json.Unmarshal(said, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// generate is the child: l in JSON.
func generate(text string) error {
	var l load
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		return err
	}
	l.For = min(l.For, time.Minute)
	var g generator
	g.load = l
	g.tickets = make(chan struct{}, l.Conns)
	hello, err := recordHello()
	if err != nil {
		return err
	}
	g.hello = hello
	ctx, cancel := context.WithCancel(context.Background())
	for i := range l.Conns {
		if l.Kind == "kept" && i%100 == 0 {
			time.Sleep(50 * time.Millisecond) // handshakes are not what is measured
		}
		g.wg.Go(func() { g.work(ctx) }) // ends with ctx
	}
	if l.Kind == "kept" {
		for g.ready.Load() < int64(l.Conns) {
			time.Sleep(time.Millisecond)
		}
	}
	start := time.Now()
	g.offer(start)
	elapsed := time.Since(start)
	time.Sleep(l.Late) // what is on its way
	cancel()
	g.wg.Wait()
	slices.Sort(g.took)
	o := outcome{
		Offered: g.offered.Load(), Good: int64(len(g.took)), Refused: g.refused.Load(), Late: g.late.Load(),
		Failed: g.failed.Load(), Unsent: g.unsent.Load(), Goodput: float64(len(g.took)) / elapsed.Seconds(),
	}
	if n := len(g.took); n > 0 {
		o.Median, o.P99 = g.took[n/2], g.took[n*99/100]
	}
	return json.NewEncoder(os.Stdout).Encode(o)
}

type generator struct {
	load
	tickets chan struct{} // one for each request that is due
	hello   []byte
	wg      sync.WaitGroup

	ready, offered, refused, late, failed, unsent atomic.Int64

	mu   sync.Mutex
	took []time.Duration // guarded by mu; of those that were good
}

// offer makes requests due: at the rate, or as fast as they are taken.
func (g *generator) offer(start time.Time) {
	for n := 0; time.Since(start) < g.For; {
		if g.Rate == 0 {
			select {
			case g.tickets <- struct{}{}:
				g.offered.Add(1)
			case <-time.After(time.Millisecond):
			}
			continue
		}
		for due := int(time.Since(start).Seconds() * g.Rate); n < due; n++ {
			g.offered.Add(1)
			select {
			case g.tickets <- struct{}{}:
			default:
				g.unsent.Add(1) // all connections are busy
			}
		}
		time.Sleep(time.Millisecond)
	}
}

// work takes requests that are due.
func (g *generator) work(ctx context.Context) {
	var c *kept
	if g.Kind == "kept" {
		for c == nil { // all at once is too much, too
			var err error
			if c, err = dialKept(g.Address); err != nil && ctx.Err() != nil {
				return
			}
		}
		defer c.Close()
		g.ready.Add(1)
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-g.tickets:
		}
		start := time.Now()
		status, err := 0, error(nil)
		if c != nil {
			status, err = c.ask()
		} else {
			status, err = g.shake()
		}
		took := time.Since(start)
		switch {
		case err != nil:
			g.failed.Add(1)
			if c != nil {
				return
			}
		case status != 200:
			g.refused.Add(1)
		case took > g.Late:
			g.late.Add(1)
		default:
			g.mu.Lock()
			g.took = append(g.took, took)
			g.mu.Unlock()
		}
	}
}

// A kept connection is for one request after the other.
type kept struct {
	*tls.Conn
	r *bufio.Reader
}

func dialKept(address string) (*kept, error) {
	c, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, ServerName: elbtest.SiteName, NextProtos: []string{"http/1.1"}})
	if err != nil {
		return nil, err
	}
	return &kept{c, bufio.NewReaderSize(c, 2<<10)}, nil
}

func (k *kept) ask() (status int, err error) {
	_ = k.SetDeadline(time.Now().Add(10 * time.Second)) // has no error on an open connection
	if _, err := io.WriteString(k, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
		return 0, err
	}
	res, err := http.ReadResponse(k.r, nil)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}

// recordHello is what a TLS client says first. Said again and again it costs the
// server a whole handshake each time and the client next to nothing, which leaves
// room to offer three times what the server can do from one core.
func recordHello() ([]byte, error) {
	near, far := net.Pipe()
	go func() { // ends with the pipe
		_ = tls.Client(near, &tls.Config{InsecureSkipVerify: true, ServerName: elbtest.SiteName}).Handshake()
	}()
	defer near.Close()
	defer far.Close()
	b := make([]byte, 4<<10)
	n, err := far.Read(b)
	return b[:n], err
}

// shake is one handshake as far as it costs the server: the server's whole flight
// has come. A connection that is reset is refused: status 0.
func (g *generator) shake() (status int, err error) {
	c, err := net.DialTimeout("tcp", g.Address, 10*time.Second)
	if err != nil {
		return 0, nil
	}
	defer c.Close()
	_ = c.(*net.TCPConn).SetLinger(0) // no TIME_WAIT: ports would run out
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := c.Write(g.hello); err != nil {
		return 0, nil
	}
	first := make([]byte, 1)
	if _, err := io.ReadFull(c, first); err != nil || !bytes.Equal(first, []byte{22}) {
		return 0, nil // reset, or an alert
	}
	return 200, nil
}

// What overload must not do. The memory limit of the node is what its resident
// memory must stay under.
const (
	leastGoodput = 0.8 // of the peak
	memoryLimit  = 256 << 20
	serviceTime  = 20 * time.Millisecond
	service      = 32 // requests that the backend works on at once
)

// At three times what it can do the program does at least four fifths of it, in
// bounded memory, and is as before a second after that.
func TestOverload(t *testing.T) {
	if *overloadFor == 0 {
		t.Skip("make overload runs it")
	}
	backend := elbtest.NewBackend(t, "a")
	places := make(chan struct{}, service)
	backend.Serve(func(w http.ResponseWriter, r *http.Request) { // its queue has no end
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
	} {
		t.Run(l.Kind, func(t *testing.T) { overload(t, n, l) })
	}
}

// pin gives the program one core and everybody else the other, as in bench.
func pin(t *testing.T, n *elbtest.Node) {
	t.Helper()
	for pid, core := range map[int]string{n.PID(): "0", os.Getpid(): "1"} {
		if text, err := exec.Command("taskset", "-a", "-p", "-c", core, itoa(pid)).CombinedOutput(); err != nil {
			t.Fatalf("taskset: %v: %s", err, text)
		}
	}
}

func overload(t *testing.T, n *elbtest.Node, l load) {
	calm := l
	calm.Conns, calm.For = service, *overloadFor/2
	if l.Kind == "new" {
		calm.Conns = 8 // so many keep one processor busy, and more would be a queue that stays
	}
	peak := calm.run(t)
	report(t, "peak", peak, peak)

	l.For, l.Rate = *overloadFor, 3*peak.Goodput
	most := watchMemory(t, n, func() {
		over := l.run(t)
		report(t, "3 times that", over, peak)
		if offered := float64(over.Offered-over.Unsent) / l.For.Seconds(); offered < 2.5*peak.Goodput {
			t.Errorf("only %.0f a second were sent: the generator was busy, and this says nothing", offered)
		}
		if over.Goodput < leastGoodput*peak.Goodput {
			t.Errorf("goodput fell to %.2f of the peak", over.Goodput/peak.Goodput)
		}
	})
	t.Logf("resident memory: %d MiB at most, limit %d MiB", most>>20, memoryLimit>>20)
	if most > memoryLimit {
		t.Error("resident memory went beyond the limit")
	}
	time.Sleep(time.Second)
	after := calm.run(t)
	report(t, "a second later", after, peak)
	if after.Goodput < 0.9*peak.Goodput || after.Refused+after.Failed+after.Late > 0 {
		t.Error("it has not recovered")
	}
}

func report(t *testing.T, phase string, o, peak outcome) {
	t.Logf("%-16s offered %7d  good %7d  refused %7d  late %6d  failed %5d  unsent %7d  goodput %8.0f/s (%.2f)  median %v  p99 %v",
		phase, o.Offered, o.Good, o.Refused, o.Late, o.Failed, o.Unsent, o.Goodput, o.Goodput/cmp.Or(peak.Goodput, 1),
		o.Median.Round(time.Millisecond/10), o.P99.Round(time.Millisecond/10))
}

// watchMemory runs work and returns the most resident memory that the node had
// meanwhile. Its health and its API answer all the time.
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
			if err == nil {
				_ = res.Body.Close()
			}
			return err
		}))
		describe = max(describe, timed(t, "a signed call", func() error {
			_, err := n.RPC().Call(t.Context(), "2017-11-10", "DescribeLoadBalancers", nil)
			return err
		}))
	}
}

// timed returns how long what must not fail takes.
func timed(t *testing.T, what string, do func() error) time.Duration {
	t.Helper()
	start := time.Now()
	if err := do(); err != nil {
		t.Errorf("%s: %v", what, err)
	}
	return time.Since(start)
}
