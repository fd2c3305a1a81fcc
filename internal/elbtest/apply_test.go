package elbtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A file is applied, applied again without effect, changed, and exported, and the export
// equals the state.
func TestApply(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{})
	a, b := NewBackend(t, "a"), NewBackend(t, "b")
	c := newTerminal(t, n)
	pair := func(name string) {
		cert := NewCertificate(t, SiteName)
		c.write(t, name+".pem", cert.Chain)
		c.write(t, name+".key", cert.Key)
	}
	pair("first")
	pair("second")
	site := `
Certificates:
  - {Name: shop, Cert: first.pem, Key: first.key}
LoadBalancers:
  - LoadBalancerName: shop
    BackendServers:
      - {ServerId: i-a, Ip: 127.0.0.1, Port: ` + a.Port() + `}
      - {ServerId: i-b, Ip: 127.0.0.1, Port: ` + b.Port() + `, Weight: 50}
    Listeners:
      - ListenerPort: 8443
        Certificate: shop
        HealthCheck: on
        HealthCheckURI: /health
        StickySessionType: insert
        CookieTimeout: 100
      - ListenerPort: 8444
        Certificate: shop
        HealthCheck: off
        Description: "#1, # not a comment"
        Status: Stopped
`
	c.write(t, "site.yaml", site)
	steps := func(file string, args ...string) (string, string) {
		t.Helper()
		return c.run(t, "", append([]string{"apply", "-f", file}, args...)...)
	}
	same := func(what, file string) {
		t.Helper()
		if out, failed := steps(file); failed != "" || !strings.HasPrefix(out, "Nothing to change") {
			t.Errorf("%s: got %q, %q, want nothing to change", what, out, failed)
		}
	}
	changes := func(what, file string, want ...string) {
		t.Helper()
		out, failed := steps(file, "--yes")
		if failed != "" {
			t.Fatalf("%s: %s", what, failed)
		}
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("%s: got %s, want %q in it", what, out, w)
			}
		}
		same(what+", again", file)
	}

	if _, failed := steps("site.yaml"); !strings.Contains(failed, "nobody to ask") {
		t.Errorf("without a terminal: got %q", failed)
	}
	if out, failed := steps("site.yaml", "--dry-run"); failed != "exit status 2" || !strings.Contains(out, "+ listener shop:8443") || strings.Contains(out, "done") {
		t.Errorf("dry run: got %s, %s", out, failed)
	}
	if _, failed := steps("other.yaml", "--dry-run"); !strings.Contains(failed, "other.yaml") {
		t.Errorf("dry run of no file: got %s, want an error", failed)
	}
	changes("a new site", "site.yaml",
		"done  + certificate shop", "done  + load balancer shop", "done  + backends of shop", "done  + listener shop:8443", "done  + listener shop:8444")

	c.write(t, "site.yaml", strings.NewReplacer(
		"Weight: 50", "Weight: 7", "first", "second", "CookieTimeout: 100", "CookieTimeout: 200\n        BackendServerPort: 9",
		"        Status: Stopped\n", "", "HealthCheck: off", "HealthCheck: off\n        Scheduler: wlc",
	).Replace(site))
	changes("a changed site", "site.yaml",
		"+ certificate shop-", "~ backends of shop", "weight 50 → 7", "± listener shop:8443", "BackendServerPort none → 9", "certificate shop → shop-",
		"~ listener shop:8444", "Scheduler wrr → wlc", "Status Stopped → Running")

	if out, failed := steps("site.yaml", "--dry-run"); failed != "" || !strings.HasPrefix(out, "Nothing to change") {
		t.Errorf("dry run without changes: got %s, %s", out, failed)
	}
	if out, failed := c.run(t, "", "export", "-f", "export.yaml", "--certificates", "keys"); failed != "" {
		t.Fatalf("export: %s%s", out, failed)
	}
	same("what was exported", "export.yaml")

	other := Start(t, Options{})
	c.node = other
	changes("on another server", "export.yaml", "+ load balancer shop", "+ listener shop:8444")
	if key, err := os.Stat(filepath.Join(c.dir, "keys")); err != nil || key.Mode().Perm() != 0o700 {
		t.Errorf("the keys lie in a directory with mode %v (%v)", key.Mode(), err)
	}

	c.write(t, "site.yaml", "LoadBalancers: []\n")
	if out, failed := steps("site.yaml", "--prune", "--yes"); failed != "" || !strings.Contains(out, "- load balancer shop") || !strings.Contains(out, "- certificate shop") {
		t.Errorf("prune: got %s, %s", out, failed)
	}
	if out, _ := c.run(t, "", "call", "ListUserCertificateOrder", "--query", "TotalCount"); out != "0\n" {
		t.Errorf("after prune there are still certificates: %s", out)
	}
}

// Removing a line from the file removes that backend only, even if others of the same
// server remain. A backend without a port of its own has Port 0.
func TestApplyRemovesOneBackendOfAServer(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{})
	c := newTerminal(t, n)
	pool := func() string {
		t.Helper()
		id, _ := c.run(t, "", "call", "DescribeLoadBalancers", "--query", "LoadBalancers.LoadBalancer[0].LoadBalancerId")
		out, failed := c.run(t, "", "call", "DescribeLoadBalancerAttribute", "--LoadBalancerId", strings.Trim(id, "\"\n "), "--query", "BackendServers[].Port")
		if failed != "" {
			t.Fatal(failed)
		}
		return strings.Join(strings.Fields(out), "")
	}
	apply := func(lines ...string) {
		t.Helper()
		text := "LoadBalancers:\n- LoadBalancerName: shop\n  BackendServers:\n"
		for _, line := range lines {
			text += "  - {ServerId: i-s, Ip: 127.0.0.1" + line + "}\n"
		}
		c.write(t, "site.yaml", text)
		if out, failed := c.run(t, "", "apply", "-f", "site.yaml", "--yes"); failed != "" {
			t.Fatalf("%s%s", out, failed)
		}
	}
	apply("", ", Port: 21101", ", Port: 21102")
	if got := pool(); !strings.Contains(got, `"0"`) || !strings.Contains(got, "21102") {
		t.Fatalf("the pool has %s", got)
	}
	apply(", Port: 21101", ", Port: 21102")
	if got, want := pool(), `["21101","21102"]`; got != want {
		t.Errorf("the pool has %s, want %s", got, want)
	}
}
