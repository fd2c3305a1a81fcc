package elbtest

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"elbow/internal/api"
	"elbow/internal/rpc"
)

// takeovers is the number of takeovers in TestTakeover.
var takeovers = flag.Int("takeovers", 3, "takeovers in a row under load")

// A load is a set of clients that make requests continuously and record failures.
type load struct {
	stop    context.CancelFunc
	ctx     context.Context
	running sync.WaitGroup

	mu     sync.Mutex
	done   map[string]int // guarded by mu; by kind of client
	failed []string       // guarded by mu
}

func newLoad() *load {
	l := &load{done: make(map[string]int)}
	l.ctx, l.stop = context.WithCancel(context.Background())
	return l
}

// add starts a client that calls try repeatedly.
func (l *load) add(kind string, try func() error) {
	l.running.Go(func() { // ends with ctx; end waits
		for l.ctx.Err() == nil {
			err := try()
			l.mu.Lock()
			if err != nil {
				l.failed = append(l.failed, fmt.Sprintf("%s %s: %v", time.Now().Format("05.000"), kind, err))
			} else {
				l.done[kind]++
			}
			l.mu.Unlock()
		}
	})
}

// moved waits until every kind of client has made a request after the call.
func (l *load) moved(t *testing.T) {
	t.Helper()
	l.mu.Lock()
	before := make(map[string]int)
	for kind, n := range l.done {
		before[kind] = n
	}
	l.mu.Unlock()
	Eventually(t, func() error {
		l.mu.Lock()
		defer l.mu.Unlock()
		for kind, n := range l.done {
			if n < before[kind]+3 {
				return fmt.Errorf("%s stands at %d", kind, n)
			}
		}
		return nil
	})
}

// end stops the clients and reports their failures.
func (l *load) end(t *testing.T) {
	t.Helper()
	l.stop()
	l.running.Wait()
	t.Logf("requests: %v", l.done)
	for i, f := range l.failed {
		if i == 20 {
			t.Errorf("and %d more", len(l.failed)-i)
			return
		}
		t.Error(f)
	}
}

// getter returns a function that makes a request to the listener over a transport.
func (f *Front) getter(transport http.RoundTripper) func() error {
	c := &http.Client{Transport: transport, Timeout: patience}
	return func() error {
		a, err := f.TryGet(c, "/")
		if err == nil && (a.Status != http.StatusOK || a.Body != "a") {
			err = fmt.Errorf("got %d %q", a.Status, a.Body)
		}
		return err
	}
}

// over returns a transport for HTTP/1.1 or HTTP/2.
func (f *Front) over(t *testing.T, http2, keep bool) *http.Transport {
	p := new(http.Protocols)
	p.SetHTTP1(!http2)
	p.SetHTTP2(http2)
	tr := &http.Transport{
		TLSClientConfig: f.TLS(), Protocols: p, DisableKeepAlives: !keep,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", f.HostPort())
		},
	}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

// overQUIC returns a transport for HTTP/3.
func (f *Front) overQUIC(t *testing.T) *http3.Transport {
	tr := &http3.Transport{
		TLSClientConfig: f.TLS(),
		Dial: func(ctx context.Context, _ string, tlsConfig *tls.Config, c *quic.Config) (*quic.Conn, error) {
			return quic.DialAddr(ctx, f.HostPort(), tlsConfig, c)
		},
	}
	t.Cleanup(func() { _ = tr.Close() })
	return tr
}

// During takeovers under load no connection is refused and no request fails, over any
// version of HTTP. A tunnel and a download continue, calls of the API succeed, a backend
// that is down gets no request, and the older processes end.
func TestTakeover(t *testing.T) {
	n := Start(t, Options{Args: []string{"-drain-timeout", "3s"}})
	up, down := NewBackend(t, "a"), NewBackend(t, "down")
	next := make(chan int)
	endDownload := sync.OnceFunc(func() { close(next) })
	t.Cleanup(endDownload) // the backend waits for it
	up.Serve(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/echo" {
			echo(next)(w, r)
			return
		}
		_, _ = fmt.Fprintln(w, "a")
	})
	down.Probe(Status(http.StatusServiceUnavailable))
	s := NewSite(t, n, up, down)
	f := s.Listen(t, map[string]string{
		"HealthCheck": "on", "HealthCheckInterval": "1", "HealthCheckTimeout": "30",
		"HealthyThreshold": "2", "UnhealthyThreshold": "2", "HealthCheckURI": ProbePath, "HealthCheckMethod": "get",
	})
	Eventually(t, func() error {
		if a, err := f.TryGet(f.Client(t, ""), "/"); err != nil || a.Status != http.StatusOK {
			return fmt.Errorf("%d, %v", a.Status, err)
		}
		return nil
	})
	Eventually(t, func() error {
		if down.Probes(ProbePath) < 3 {
			return fmt.Errorf("%d probes of the backend that is down", down.Probes(ProbePath))
		}
		return nil
	})
	// The first process waits for the persistent connections of the SDK until its own
	// -drain-timeout.
	nodes := []*Node{n, n.TakeOver(t, "-drain-timeout", "2m")}
	descriptors := openFiles(t, nodes[1])
	wrong := down.Requests()

	tunnel := upgrade(t, f)
	download := f.Get0(t, "/echo")
	l := newLoad()
	defer l.stop()
	for range 2 {
		l.add("HTTP/1.1 kept", f.getter(f.over(t, false, true)))
		l.add("HTTP/1.1 new", f.getter(f.over(t, false, false)))
		l.add("HTTP/2", f.getter(f.over(t, true, true)))
		l.add("HTTP/3", f.getter(f.overQUIC(t)))
	}
	var slowest atomic.Int64
	l.add("API", func() error {
		began := time.Now()
		_, err := n.RPC().Call(t.Context(), api.EnsVersion, "DescribeLoadBalancerHTTPSListenerAttribute",
			map[string]string{"LoadBalancerId": s.LoadBalancerID, "ListenerPort": f.Port})
		slowest.Store(max(slowest.Load(), int64(time.Since(began))))
		if refusal, refused := errors.AsType[*rpc.Error](err); refused && strings.HasPrefix(refusal.Code, "Throttling") {
			time.Sleep(refusal.RetryAfter) // as a client does
			return nil
		}
		return err
	})

	for i := range *takeovers {
		l.moved(t)
		Eventually(t, func() error { // at most eight older processes may drain
			if n := stillRunning(nodes[:len(nodes)-1]); n >= 8 {
				return fmt.Errorf("%d older processes drain", n)
			}
			return nil
		})
		nodes = append(nodes, nodes[i+1].TakeOver(t))
		if _, err := fmt.Fprintf(tunnel, "%4d", i); err != nil {
			t.Fatalf("the tunnel after takeover %d: %v", i+1, err)
		}
		b := make([]byte, 4)
		if _, err := io.ReadFull(tunnel, b); err != nil || strings.TrimSpace(string(b)) != fmt.Sprint(i) {
			t.Fatalf("the tunnel after takeover %d: %q, %v", i+1, b, err)
		}
		next <- i
		if line, err := download.ReadString('\n'); err != nil || strings.TrimSpace(line) != fmt.Sprint(i) {
			t.Fatalf("the download after takeover %d: %q, %v", i+1, line, err)
		}
	}
	l.moved(t)
	l.end(t)
	t.Logf("slowest call of the API: %s", time.Duration(slowest.Load()).Round(time.Millisecond))
	if got := down.Requests(); got != wrong {
		t.Errorf("the backend that is down got %d requests", got-wrong)
	}
	endDownload()
	_ = tunnel.Close()
	last := nodes[len(nodes)-1]
	for i, old := range nodes[:len(nodes)-1] {
		select {
		case <-old.done:
			if old.err != nil {
				t.Errorf("process %d ended with %v", i+1, old.err)
			}
		case <-time.After(patience):
			t.Errorf("process %d still runs", i+1)
		}
	}
	Eventually(t, func() error {
		if got := openFiles(t, last); got > descriptors+8 {
			return fmt.Errorf("%d files are open, %d were before", got, descriptors)
		}
		return nil
	})
}

// stillRunning counts the processes that have not ended.
func stillRunning(nodes []*Node) (count int) {
	for _, n := range nodes {
		select {
		case <-n.done:
		default:
			count++
		}
	}
	return count
}

// Get0 returns a reader of an answer's body, which it does not read.
func (f *Front) Get0(t *testing.T, path string) *bufio.Reader {
	t.Helper()
	c := f.Client(t, "")
	c.Timeout = 0 // it is read until the end of the test
	res, err := c.Get(f.URL(path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return bufio.NewReader(res.Body)
}

// openFiles returns the number of descriptors that the node has open.
func openFiles(t *testing.T, n *Node) int {
	t.Helper()
	fds, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", n.PID()))
	if err != nil {
		t.Fatal(err)
	}
	return len(fds)
}

// uploadParts uploads the parts that it receives, which have equal lengths, in one request
// over HTTP/3. It returns after the answer, and fails unless the answer is the length of
// the upload.
func (f *Front) uploadParts(t *testing.T, parts <-chan string) error {
	body, w := io.Pipe()
	var length int
	go func() { // ends with parts
		for part := range parts {
			length += len(part)
			_, _ = io.WriteString(w, part) // fails if the request does
		}
		_ = w.Close()
	}()
	c := &http.Client{Transport: f.overQUIC(t), Timeout: patience}
	res, err := c.Post("https://"+f.HostPort()+"/", "text/plain", body)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if want := fmt.Sprint(length); string(text) != want {
		err = errors.Join(err, fmt.Errorf("got %d %s, want %s", res.StatusCode, text, want))
	}
	return err
}

// An upload over HTTP/3 continues in the older process while the newer one, which reads
// the socket, is terminated and still has requests of its own.
func TestEndOfTheNewerProcessDuringATakeover(t *testing.T) {
	n := Start(t, Options{})
	b := NewBackend(t, "a")
	asked, answer := make(chan struct{}, 2), make(chan struct{})
	release := sync.OnceFunc(func() { close(answer) })
	t.Cleanup(release)
	b.Serve(func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		if r.Method == http.MethodGet {
			<-answer
		}
		length, _ := io.Copy(io.Discard, r.Body) // less if the upload is truncated
		_, _ = fmt.Fprint(w, length)
	})
	f := NewSite(t, n, b).Listen(t, nil)
	parts, uploaded, got := make(chan string), make(chan error, 1), make(chan error, 1)
	go func() { uploaded <- f.uploadParts(t, parts) }() // ends with the answer
	parts <- strings.Repeat("x", 16<<10)
	<-asked
	newer := n.TakeOver(t)
	go func() { // ends with the answer
		_, err := f.TryGet(&http.Client{Transport: f.overQUIC(t), Timeout: patience}, "/")
		got <- err
	}()
	<-asked
	if err := syscall.Kill(newer.PID(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	Eventually(t, func() error {
		if !strings.Contains(newer.Log(), "listener closed") {
			return errors.New("the newer process does not drain")
		}
		return nil
	})
	parts <- strings.Repeat("x", 16<<10)
	close(parts)
	if err := <-uploaded; err != nil {
		t.Errorf("the upload in the older process: %v", err)
	}
	release()
	if err := <-got; err != nil {
		t.Errorf("the request in the newer process: %v", err)
	}
}
