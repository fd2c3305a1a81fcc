package elbtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A file with instances, one of them with a domain name, and backends that name them is
// applied, applied again without effect, exported without a difference, and pruned.
func TestApplyInstances(t *testing.T) {
	t.Parallel()
	server := newDNSServer(t)
	server.set("web.test", "127.0.0.11", "127.0.0.12")
	n := Start(t, Options{Args: []string{"-dns-servers", server.Address}})
	c := newTerminal(t, n)
	site := `
Instances:
- {InstanceId: i-web, DomainName: web.test}
- {InstanceId: eni-9, PrivateIpAddress: 127.0.0.9, InstanceName: nine}
LoadBalancers:
- LoadBalancerName: shop
  BackendServers:
  - {ServerId: i-web, Port: 80}
  - {ServerId: eni-9, Type: eni, Weight: 50}
`
	c.applyPruned(t, site, "done  + instance i-web", "done  + instance eni-9", "done  + backends of shop")
	for _, again := range []string{"first.yaml", "second.yaml"} {
		if out, failed := c.run(t, "", "export", "-f", again); failed != "" {
			t.Fatalf("export: %s%s", out, failed)
		}
		if out, failed := c.run(t, "", "apply", "-f", again, "--prune", "--yes"); failed != "" || !strings.HasPrefix(out, "Nothing to change") {
			t.Errorf("what was exported: got %s, %s", out, failed)
		}
	}
	first, _ := os.ReadFile(filepath.Join(c.dir, "first.yaml"))
	second, _ := os.ReadFile(filepath.Join(c.dir, "second.yaml"))
	if string(first) != string(second) || !strings.Contains(string(first), "DomainName: web.test") {
		t.Errorf("exported first\n%s\nthen\n%s", first, second)
	}
	c.applyPruned(t, strings.Replace(site, "DomainName: web.test", "PrivateIpAddress: 127.0.0.11", 1), "done  ~ instance i-web", "done  - backends of shop", "done  + backends of shop")
	c.applyPruned(t, "Instances: []\nLoadBalancers: []\n", "done  - instance i-web", "done  - instance eni-9", "done  - load balancer shop")
}
