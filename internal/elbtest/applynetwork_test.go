package elbtest

import (
	"strings"
	"testing"
)

// applyPruned applies a site with --prune, and checks that the output has the wanted parts
// and that another apply has nothing to change.
func (c *terminal) applyPruned(t *testing.T, site string, want ...string) {
	t.Helper()
	c.write(t, "site.yaml", site)
	out, failed := c.run(t, "", "apply", "-f", "site.yaml", "--yes", "--prune")
	if failed != "" {
		t.Fatal(failed)
	}
	for _, w := range want {
		if !strings.Contains(out, w) {
			t.Errorf("got %s, want %q in it", out, w)
		}
	}
	if out, failed := c.run(t, "", "apply", "-f", "site.yaml", "--prune", "--dry-run"); failed != "" || !strings.HasPrefix(out, "Nothing to change") {
		t.Errorf("again: got %s, %s", out, failed)
	}
}

// A file with a network, a vSwitch, an EIP and a load balancer on them is applied, applied
// again without effect, changed, exported without a difference, and pruned.
func TestApplyNetworks(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{})
	c := newTerminal(t, n)
	site := `
Networks:
- NetworkName: edge
  CidrBlock: 10.1.0.0/16
  VSwitches:
  - {VSwitchName: front, CidrBlock: 10.1.1.0/24}
Eips:
- {Name: shop, LoadBalancerName: shop}
LoadBalancers:
- {LoadBalancerName: shop, NetworkName: edge, VSwitchName: front}
`
	c.applyPruned(t, site, "done  + network edge", "done  + vSwitch edge/front", "done  + EIP shop", "done  + load balancer shop", "done  ~ EIP shop")
	if out, _ := c.run(t, "", "call", "DescribeEnsEipAddresses", "--query", "EipAddresses.EipAddress[].Status"); !strings.Contains(out, "InUse") {
		t.Errorf("the EIP is %s", out)
	}
	if out, failed := c.run(t, "", "export", "-f", "export.yaml"); failed != "" {
		t.Fatalf("export: %s%s", out, failed)
	}
	if out, failed := c.run(t, "", "apply", "-f", "export.yaml", "--prune", "--dry-run"); failed != "" || !strings.HasPrefix(out, "Nothing to change") {
		t.Errorf("what was exported: got %s, %s", out, failed)
	}
	changed := strings.NewReplacer("10.1.1.0/24}", "10.1.1.0/24, Description: of the shop}", "Name: shop, LoadB", "Name: shop, Bandwidth: 10, LoadB").Replace(site)
	c.applyPruned(t, changed, "Description none → of the shop", "Bandwidth 5 → 10")
	c.applyPruned(t, "Networks: []\nEips: []\nLoadBalancers: []\n", "- EIP shop", "- load balancer shop", "- vSwitch edge/front", "- network edge")
}
