package main

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"elbow/internal/api"
	"elbow/internal/cli"
	"elbow/internal/elbtest"
	"elbow/internal/rpc"
	"elbow/internal/store/embedded"
)

// testConfig is a node on free ports with a key of its own.
func testConfig(t *testing.T) config {
	c := defaultConfig()
	c.data = filepath.Join(t.TempDir(), "data")
	c.api, c.admin = "127.0.0.1:0", "127.0.0.1:0"
	c.vswitch = netip.MustParsePrefix("127.26.0.0/24")
	c.accessKeyID, c.secret = "the-root-key", "the-root-secret"
	return c
}

// testLog is the log of a node, in text.
type testLog struct {
	mu   sync.Mutex
	text bytes.Buffer
	news chan struct{} // receives when there is more
}

func newTestLog() (*testLog, *slog.Logger) {
	l := &testLog{news: make(chan struct{}, 1)}
	return l, slog.New(slog.NewTextHandler(l, nil))
}

func (l *testLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case l.news <- struct{}{}:
	default:
	}
	return l.text.Write(p)
}

func (l *testLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// await waits for a line that has the attribute and answers its value.
func (l *testLog) await(t *testing.T, attribute string) string {
	t.Helper()
	timeout := time.After(30 * time.Second)
	for {
		if _, rest, found := strings.Cut(l.String(), attribute+"="); found && strings.Contains(rest, "\n") {
			value, _, _ := strings.Cut(rest, "\n")
			value, _, _ = strings.Cut(value, " ")
			return value
		}
		select {
		case <-l.news:
		case <-timeout:
			t.Fatalf("no %s in the log:\n%s", attribute, l)
		}
	}
}

func startNode(t *testing.T, c config) *node {
	t.Helper()
	l, log := newTestLog()
	n, err := start(t.Context(), c, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		n.end()
		if t.Failed() {
			t.Logf("log:\n%s", l)
		}
	})
	return n
}

func (c config) client(n *node) *rpc.Client {
	return &rpc.Client{Endpoint: n.apiURL, AccessKeyID: c.accessKeyID, Secret: c.secret}
}

// newTestDemo is the demo's story up to the listener that serves, on c's node.
func newTestDemo(t *testing.T, c config, client *rpc.Client, backend string) *demo {
	t.Helper()
	d := &demo{
		screen: cli.NewScreen(io.Discard), client: client, listener: netip.AddrPortFrom(c.vswitch.Addr().Next(), demoPort),
		backends: []*demoBackend{{name: "a", weight: 100, address: backend}},
	}
	var err error
	if d.authority, err = newAuthority(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	if err := d.configure(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

// SIGTERM lets a request end that is under way, and takes no other.
func TestServeUntilSIGTERM(t *testing.T) {
	began, finish := make(chan struct{}), make(chan struct{})
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(began)
			<-finish
		}
		_, _ = io.WriteString(w, "hello from a\n")
	}))
	defer backend.Close()
	c := testConfig(t)
	l, log := newTestLog()
	ended := make(chan error, 1)
	go func() { ended <- serve(c, flag.NewFlagSet("serve", flag.ContinueOnError), log) }()
	client := &rpc.Client{Endpoint: l.await(t, "msg=ready api"), AccessKeyID: c.accessKeyID, Secret: c.secret}
	d := newTestDemo(t, c, client, backend.Listener.Addr().String())

	hc := d.newClient()
	defer hc.CloseIdleConnections()
	if name, cookie, err := d.request(t.Context(), hc, ""); err != nil || name != "a" || !strings.HasPrefix(cookie, "SERVERID=") {
		t.Errorf("got %q, cookie %q, %v", name, cookie, err)
	}
	if curl, err := exec.LookPath("curl"); err == nil {
		out, err := exec.Command(curl, "-sS", "--noproxy", "*", "--cacert", d.caFile, d.url()).CombinedOutput()
		if err != nil || string(out) != "hello from a\n" {
			t.Errorf("curl got %q, %v", out, err)
		}
	}

	answer := make(chan error, 1)
	go func() {
		res, err := hc.Get(d.url() + "slow")
		if err == nil {
			_, err = io.ReadAll(res.Body)
			res.Body.Close()
		}
		answer <- err
	}()
	<-began
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	l.await(t, "msg=draining signal")
	l.await(t, `msg="listener closed" lb`)
	if conn, err := net.Dial("tcp", d.listener.String()); err == nil {
		conn.Close()
		t.Error("still takes connections")
	}
	close(finish)
	if err := <-answer; err != nil {
		t.Errorf("the request under way ended with %v", err)
	}
	if err := <-ended; err != nil {
		t.Errorf("serve ended with %v", err)
	}
	if strings.Contains(l.String(), c.secret) {
		t.Errorf("the log has the secret:\n%s", l)
	}
}

// A second signal cuts what the first lets end.
func TestSecondSignalCuts(t *testing.T) {
	began := make(chan struct{})
	backend := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(began)
			<-r.Context().Done()
		}
	}))
	defer backend.Close()
	c := testConfig(t)
	c.drainTimeout = time.Hour
	l, log := newTestLog()
	ended := make(chan error, 1)
	go func() { ended <- serve(c, flag.NewFlagSet("serve", flag.ContinueOnError), log) }()
	client := &rpc.Client{Endpoint: l.await(t, "msg=ready api"), AccessKeyID: c.accessKeyID, Secret: c.secret}
	d := newTestDemo(t, c, client, backend.Listener.Addr().String())
	hc := d.newClient()
	defer hc.CloseIdleConnections()
	answer := make(chan error, 1)
	go func() {
		_, err := hc.Get(d.url() + "slow")
		answer <- err
	}()
	<-began
	_ = syscall.Kill(os.Getpid(), syscall.SIGINT)
	l.await(t, `msg="listener closed" lb`)
	_ = syscall.Kill(os.Getpid(), syscall.SIGINT)
	if err := <-answer; err == nil {
		t.Error("the request that never ends was answered")
	}
	if err := <-ended; err != nil {
		t.Errorf("serve ended with %v", err)
	}
}

// What was configured serves again after a restart.
func TestRestart(t *testing.T) {
	b, err := newDemoBackend("a", 100)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	c := testConfig(t)
	first := startNode(t, c)
	d := newTestDemo(t, c, c.client(first), b.address)
	first.end()
	hc := d.newClient()
	defer hc.CloseIdleConnections()
	if _, _, err := d.request(t.Context(), hc, ""); err == nil {
		t.Fatal("the listener serves without a process")
	}
	d.client = c.client(startNode(t, c))
	out, err := d.ask(t.Context(), api.EnsVersion, "DescribeLoadBalancers", nil)
	if err != nil {
		t.Fatal(err)
	}
	if out.RequestID == "" {
		t.Error("no RequestId")
	}
	elbtest.Eventually(t, func() error {
		_, _, err := d.request(t.Context(), hc, "")
		return err
	})
}

func TestStartErrors(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	usedDir := filepath.Join(t.TempDir(), "used")
	inUse, err := embedded.Start(t.Context(), embedded.Config{Dir: usedDir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer inUse.Close()
	newer := t.TempDir()
	if err := os.WriteFile(filepath.Join(newer, "format"), []byte("1000000\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		change func(c *config)
		want   string
	}{
		"API port in use":     {func(c *config) { c.api = taken.Addr().String() }, "-api: listen tcp " + taken.Addr().String()},
		"admin port in use":   {func(c *config) { c.admin = taken.Addr().String() }, "-admin: listen tcp " + taken.Addr().String()},
		"both ports in use":   {func(c *config) { c.api, c.admin = taken.Addr().String(), taken.Addr().String() }, "give another -api; -admin: listen tcp "},
		"port of whom":        {func(c *config) { c.api = taken.Addr().String() }, fmt.Sprintf("address already in use by process %d (", os.Getpid())},
		"port, taking over":   {func(c *config) { c.api, c.takeover = taken.Addr().String(), true }, "address already in use"},
		"foreign address":     {func(c *config) { c.api = "192.0.2.1:8095" }, "no interface of this machine has that address: give -api 127.0.0.1:8095"},
		"no certificate":      {func(c *config) { c.apiCert, c.apiKey = "absent.pem", "absent.key" }, "-api-cert: open absent.pem"},
		"access log":          {func(c *config) { c.accessLog = "/absent/access.log" }, "access log: open /absent/access.log"},
		"audit log":           {func(c *config) { c.auditLog = "/absent/audit.log" }, "audit log: open /absent/audit.log"},
		"directory in use":    {func(c *config) { c.data = usedDir }, "in use by another process"},
		"newer version":       {func(c *config) { c.data = newer }, "newer version"},
		"directory is a file": {func(c *config) { c.data = os.Args[0] }, "not a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			c := testConfig(t)
			tt.change(&c)
			n, err := start(t.Context(), c, slog.New(slog.DiscardHandler))
			if err == nil {
				n.end()
				t.Fatal("started")
			}
			if !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %q, want one line with %q", err, tt.want)
			}
			if entries, err := os.ReadDir(c.data); name != "audit log" && c.data != usedDir && c.data != newer && c.data != os.Args[0] && !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the start has written %v, %v", entries, err)
			}
			c = testConfig(t) // what was started before the error has ended
			startNode(t, c)
		})
	}
}

func TestAPIOverTLS(t *testing.T) {
	dir := t.TempDir()
	ca, err := newAuthority(dir)
	if err != nil {
		t.Fatal(err)
	}
	c := testConfig(t)
	c.apiCert, c.apiKey = filepath.Join(dir, "api.pem"), filepath.Join(dir, "api.key")
	issue := func() {
		chain, key, err := ca.issue(netip.MustParseAddr("127.0.0.1"))
		if err = errors.Join(err, os.WriteFile(c.apiCert, []byte(chain), 0o644), os.WriteFile(c.apiKey, []byte(key), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	issue()
	n := startNode(t, c)
	client := c.client(n)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: ca.roots}}
	defer transport.CloseIdleConnections()
	client.HTTP = &http.Client{Transport: transport}
	if _, err := client.Call(t.Context(), api.StsVersion, "GetCallerIdentity", nil); err != nil {
		t.Fatal(err)
	}

	// SIGHUP is how a renewed certificate comes in.
	served := func() string {
		conn, err := tls.Dial("tcp", strings.TrimPrefix(n.apiURL, "https://"), &tls.Config{RootCAs: ca.roots})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return string(conn.ConnectionState().PeerCertificates[0].Raw)
	}
	before := served()
	issue()
	n.reload()
	if served() == before {
		t.Error("after a reload the old certificate is served")
	}
	if err := os.WriteFile(c.apiCert, []byte("broken"), 0o644); err != nil {
		t.Fatal(err)
	}
	n.reload()
	if served() == before {
		t.Error("a broken file took the certificate back")
	}
}

func TestHealth(t *testing.T) {
	n := startNode(t, testConfig(t))
	for _, path := range []string{"/healthz", "/readyz"} {
		elbtest.Eventually(t, func() error {
			status, h := healthOf(t, n, path)
			if status != http.StatusOK || h.Status != "ok" {
				return errors.New(path + ": " + h.Status)
			}
			return nil
		})
	}
	n.draining.Store(true)
	for _, path := range []string{"/healthz", "/readyz"} {
		if status, h := healthOf(t, n, path); status != http.StatusServiceUnavailable || h.Status != "draining" {
			t.Errorf("%s while draining: %d %+v", path, status, h)
		}
	}
}

func healthOf(t *testing.T, n *node, path string) (status int, h health) {
	t.Helper()
	res, err := http.Get(n.adminURL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&h); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, h
}

func TestMetricsAndProfiles(t *testing.T) {
	n := startNode(t, testConfig(t))
	for path, want := range map[string]string{
		"/metrics?reconcile":             "elbow_reconcile_listeners_failing 0",
		"/metrics":                       "elbow_store_size_bytes",
		"/debug/pprof/":                  "goroutine",
		"/debug/pprof/goroutine?debug=1": "goroutine profile",
	} {
		res, err := http.Get(n.adminURL + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(body), want) {
			t.Errorf("GET %s: %s, %v, no %q in %.200q", path, res.Status, err, want, body)
		}
	}
}
