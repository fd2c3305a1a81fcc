package elbtest

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// statusReason returns the API's status of a listener, with the reason why it does not
// run.
func statusReason(t *testing.T, f *Front) (status, reason string) {
	t.Helper()
	var out struct{ Status, StatusReason string }
	w := &world{Client: f.Node.RPC()}
	w.must(t, "DescribeLoadBalancerHTTPSListenerAttribute", map[string]string{"LoadBalancerId": f.LoadBalancerID, "ListenerPort": f.Port}, &out)
	return out.Status, out.StatusReason
}

// If another program uses a listener's port, the listener's status says so and the other
// listeners serve. Once the port is free, the listener serves as well.
func TestPortInUse(t *testing.T) {
	t.Parallel()
	s := NewSite(t, node(t), NewBackend(t, "a"))
	taken, err := net.Listen("tcp", net.JoinHostPort(s.Address, "9443"))
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if err := s.Create(s.ListenerParams(map[string]string{"ListenerPort": "9443"})); err != nil {
		t.Fatal(err)
	}
	if err := s.StartListener("9443"); err != nil {
		t.Fatal(err)
	}
	f := &Front{Site: s, Port: "9443"}
	Eventually(t, func() error {
		status, reason := statusReason(t, f)
		if status == "Running" || !strings.Contains(reason, "in use") {
			return fmt.Errorf("status %s, reason %q", status, reason)
		}
		return nil
	})
	other := s.Listen(t, nil)
	if got := other.Get(t, other.Client(t, ""), "/").Status; got != http.StatusOK {
		t.Errorf("another listener: status %d", got)
	}
	taken.Close()
	f.AwaitState(t, "Running")
	if _, reason := statusReason(t, f); reason != "" {
		t.Errorf("running, and yet reason %q", reason)
	}
	if got := f.Get(t, f.Client(t, ""), "/").Status; got != http.StatusOK {
		t.Errorf("after the port was freed: status %d", got)
	}
}

// A data directory can be used by one process at a time, and by no program that is older
// than the one which wrote it.
func TestDataDirectory(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{})
	if second, err := Launch(Options{Dir: n.Dir}); err == nil {
		second.Kill()
		t.Error("a second process started on a data directory in use")
	} else if !strings.Contains(err.Error(), "in use by another process") || !strings.Contains(err.Error(), n.Data()) {
		t.Errorf("in use: the message is %v", err)
	}
	n.Stop(t)
	if err := os.WriteFile(filepath.Join(n.Data(), "format"), []byte("999\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if newer, err := Launch(Options{Dir: n.Dir}); err == nil {
		newer.Kill()
		t.Error("started on a data directory of a newer version")
	} else if !strings.Contains(err.Error(), "newer version") {
		t.Errorf("newer: the message is %v", err)
	}
}

// A stop lets exchanges in flight complete, and the configuration is still there after it.
func TestStopDrains(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{})
	b := NewBackend(t, "a")
	f := NewSite(t, n, b).Listen(t, nil)
	arrived, release := make(chan struct{}), make(chan struct{})
	b.Serve(func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-release
		fmt.Fprint(w, "complete")
	})
	answer := make(chan Answer, 1)
	go func() { // ends with the answer, which is read below
		a, err := f.TryGet(f.Client(t, ""), "/slow")
		if err != nil {
			a.Body = err.Error()
		}
		answer <- a
	}()
	<-arrived
	stopped := make(chan struct{})
	go func() { // ends with the node; waited for below
		defer close(stopped)
		n.Stop(t)
	}()
	Eventually(t, func() error {
		c, err := net.Dial("tcp", f.HostPort())
		if err != nil {
			return nil
		}
		c.Close()
		return fmt.Errorf("a node that drains accepts connections")
	})
	close(release)
	if got := <-answer; got.Body != "complete" {
		t.Errorf("the request in flight: %d %q", got.Status, got.Body)
	}
	<-stopped
	b.Serve(nil)
	again := n.Again(t)
	f.Node = again
	awaitStatus(t, f, http.StatusOK)
}

// The metrics have series of listeners and backends, and /healthz reports the node.
func TestAdmin(t *testing.T) {
	t.Parallel()
	n := node(t)
	f := NewSite(t, n, NewBackend(t, "a")).Listen(t, nil)
	f.Get(t, f.Client(t, ""), "/")
	text := n.admin(t, "/metrics")
	for _, want := range []string{f.LoadBalancerID, "elbow_"} {
		if !strings.Contains(text, want) {
			t.Errorf("/metrics has no %s", want)
		}
	}
}

// Root credentials that are not configured are generated at the first start and written to
// a file that only the owner can read. The secret is never printed.
func TestRootCredentials(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{OwnKeys: true})
	path := filepath.Join(n.Data(), "root-credentials")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %o, want 600", info.Mode().Perm())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(n.Log(), path) {
		t.Errorf("the path %s is not printed", path)
	}
	_, secret, found := strings.Cut(string(text), "access-key-secret = ")
	if secret = strings.TrimSpace(secret); !found || secret == "" || strings.Contains(n.Log(), secret) {
		t.Errorf("the file has a secret: %t; it must not be printed", found)
	}
}
