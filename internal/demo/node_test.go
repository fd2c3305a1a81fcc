package demo

import (
	"context"
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
	"syscall"
	"testing"
	"time"

	"elbow/internal/api"
	"elbow/internal/cli"
	"elbow/internal/elbtest"
	"elbow/internal/node"
	"elbow/internal/rpc"
)

// demoConfig is the configuration of a node on free ports with a key of its own.
func demoConfig(t *testing.T) node.Config {
	c := node.DefaultConfig()
	c.Data = filepath.Join(t.TempDir(), "data")
	c.API, c.Admin = "127.0.0.1:0", "127.0.0.1:0"
	c.VSwitch = netip.MustParsePrefix("127.26.1.0/24")
	c.AccessKeyID, c.Secret = "the-root-key", "the-root-secret"
	return c
}

func startDemoNode(t *testing.T, c node.Config) *node.Node {
	t.Helper()
	n, err := node.Start(t.Context(), c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { endNow(n) })
	return n
}

// endNow ends a node without a drain.
func endNow(n *node.Node) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	n.Close(ctx)
}

func clientOf(c node.Config, n *node.Node) *rpc.Client {
	return &rpc.Client{Endpoint: n.APIURL, AccessKeyID: c.AccessKeyID, Secret: c.Secret}
}

// newTestDemo runs the demo on c's node until the listener serves.
func newTestDemo(t *testing.T, c node.Config, client *rpc.Client, backend string) *demo {
	t.Helper()
	d := &demo{
		screen: cli.NewScreen(io.Discard), client: client, listener: netip.AddrPortFrom(c.VSwitch.Addr().Next(), demoPort),
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

// SIGTERM lets a request in flight complete, and accepts no other.
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
	c := demoConfig(t)
	l, log := elbtest.NewLines()
	ended := make(chan error, 1)
	go func() { ended <- node.Run(c, log) }()
	client := &rpc.Client{Endpoint: l.Await(t, "msg=ready api"), AccessKeyID: c.AccessKeyID, Secret: c.Secret}
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
	l.Await(t, "msg=draining signal")
	l.Await(t, `msg="listener closed" lb`)
	if conn, err := net.Dial("tcp", d.listener.String()); err == nil {
		conn.Close()
		t.Error("still takes connections")
	}
	close(finish)
	if err := <-answer; err != nil {
		t.Errorf("the request in flight ended with %v", err)
	}
	if err := <-ended; err != nil {
		t.Errorf("serve ended with %v", err)
	}
	if strings.Contains(l.String(), c.Secret) {
		t.Errorf("the log has the secret:\n%s", l)
	}
}

// A second signal cuts the exchanges that the first lets complete.
func TestSecondSignalCuts(t *testing.T) {
	began := make(chan struct{})
	backend := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(began)
			<-r.Context().Done()
		}
	}))
	defer backend.Close()
	c := demoConfig(t)
	c.DrainTimeout = time.Hour
	l, log := elbtest.NewLines()
	ended := make(chan error, 1)
	go func() { ended <- node.Run(c, log) }()
	client := &rpc.Client{Endpoint: l.Await(t, "msg=ready api"), AccessKeyID: c.AccessKeyID, Secret: c.Secret}
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
	l.Await(t, `msg="listener closed" lb`)
	_ = syscall.Kill(os.Getpid(), syscall.SIGINT)
	if err := <-answer; err == nil {
		t.Error("the request that never ends was answered")
	}
	if err := <-ended; err != nil {
		t.Errorf("serve ended with %v", err)
	}
}

// After a restart the configured listener serves again.
func TestRestart(t *testing.T) {
	b, err := newDemoBackend("a", 100)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	c := demoConfig(t)
	first := startDemoNode(t, c)
	d := newTestDemo(t, c, clientOf(c, first), b.address)
	endNow(first)
	hc := d.newClient()
	defer hc.CloseIdleConnections()
	if _, _, err := d.request(t.Context(), hc, ""); err == nil {
		t.Fatal("the listener serves without a process")
	}
	d.client = clientOf(c, startDemoNode(t, c))
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
