package elbtest

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// The doctor reports no problem of a healthy node, and names the problems of others.
func TestDoctor(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{})
	b := NewBackend(t, "a")
	s := NewSite(t, n, b)
	c := newTerminal(t, n)
	examine := func(args ...string) (string, string) {
		t.Helper()
		return c.run(t, "", append([]string{"doctor", "--data", n.Data(), "--api", n.API, "--admin", n.Admin, "--max-connections", "10"}, args...)...)
	}
	expect := func(what string, fails bool, want []string, args ...string) {
		t.Helper()
		out, failed := examine(args...)
		if fails != (failed != "") {
			t.Errorf("%s: ended with %q:\n%s", what, failed, out)
		}
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("%s: no %q in\n%s", what, w, out)
			}
		}
	}
	expect("a node that is well", false, []string{
		"elbow answers at " + n.API, "the node says ok", "MiB free", "open files", "certificate        test-", // which expires tomorrow
	})

	taken, err := net.Listen("tcp", net.JoinHostPort(s.Address, "8443"))
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if _, failed := c.run(t, "", "call", "CreateLoadBalancerHTTPSListener", "--LoadBalancerId", s.LoadBalancerID,
		"--ListenerPort", "8443", "--HealthCheck", "off", "--ServerCertificateId", s.CertificateID); failed != "" {
		t.Fatal(failed)
	}
	if _, failed := c.run(t, "", "call", "StartLoadBalancerListener", "--LoadBalancerId", s.LoadBalancerID, "--ListenerPort", "8443",
		"--wait", "StatusReason != null=true"); failed != "" {
		t.Fatal(failed)
	}
	if err := os.Chmod(n.Data(), 0o755); err != nil {
		t.Fatal(err)
	}
	expect("a port that is taken", true, []string{":8443 is not running: ", "may be read by others"})

	another := httptest.NewServer(http.NotFoundHandler())
	defer another.Close()
	address := strings.TrimPrefix(another.URL, "http://")
	expect("somebody else at the addresses", true, []string{"another program answers at " + address}, "--api", address, "--admin", address)
	free := FreeAddress(t, "127.0.0.1")
	expect("nobody at the addresses", false, []string{free + " is free", "is not there yet"}, "--api", free, "--admin", free, "--data", c.dir+"/none")
}
