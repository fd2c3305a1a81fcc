package elbtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A file with a network, a vSwitch, an EIP and a load balancer on them is applied, applied
// again without effect, changed, exported without a difference, and pruned.
func TestApplyNetworks(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{})
	c := newTerminal(t, n)
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(c.dir, "site.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	apply := func(want ...string) {
		t.Helper()
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
	write(site)
	apply("done  + network edge", "done  + vSwitch edge/front", "done  + EIP shop", "done  + load balancer shop", "done  ~ EIP shop")
	if out, _ := c.run(t, "", "call", "DescribeEnsEipAddresses", "--query", "EipAddresses.EipAddress[].Status"); !strings.Contains(out, "InUse") {
		t.Errorf("the EIP is %s", out)
	}
	if out, failed := c.run(t, "", "export", "-f", "export.yaml"); failed != "" {
		t.Fatalf("export: %s%s", out, failed)
	}
	if out, failed := c.run(t, "", "apply", "-f", "export.yaml", "--prune", "--dry-run"); failed != "" || !strings.HasPrefix(out, "Nothing to change") {
		t.Errorf("what was exported: got %s, %s", out, failed)
	}
	write(strings.NewReplacer("10.1.1.0/24}", "10.1.1.0/24, Description: of the shop}", "Name: shop, LoadB", "Name: shop, Bandwidth: 10, LoadB").Replace(site))
	apply("Description none → of the shop", "Bandwidth 5 → 10")
	write("Networks: []\nEips: []\nLoadBalancers: []\n")
	apply("- EIP shop", "- load balancer shop", "- vSwitch edge/front", "- network edge")
}
