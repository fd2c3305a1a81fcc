package elbtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A backup of a running node is restored into a running node, into the directory of a
// stopped one and into an empty directory. The node serves afterwards in each case.
func TestBackup(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{})
	b := NewBackend(t, "a")
	s := NewSite(t, n, b)
	front := s.Listen(t, map[string]string{"HealthCheck": "off"})
	serves := func() {
		t.Helper()
		Eventually(t, func() error {
			_, err := front.TryGet(front.Client(t, ""), "/")
			return err
		})
	}
	c := newTerminal(t, n)
	backup := func(dir, file string) {
		t.Helper()
		if _, failed := c.run(t, "", "backup", "--data", dir, file); failed != "" {
			t.Fatal(failed)
		}
	}
	restore := func(dir, file string) {
		t.Helper()
		if _, failed := c.run(t, "", "restore", "--yes", "--data", dir, file); failed != "" {
			t.Fatal(failed)
		}
	}
	balancers := func(n *Node) string {
		t.Helper()
		c.node = n
		out, failed := c.run(t, "", "call", "DescribeLoadBalancers", "--query", "LoadBalancers.LoadBalancer[].LoadBalancerId")
		if failed != "" {
			t.Fatal(failed)
		}
		return out
	}
	want := balancers(n)

	backup(n.Data(), "running")
	if stat, err := os.Stat(filepath.Join(c.dir, "running")); err != nil || stat.Mode().Perm() != 0o600 {
		t.Errorf("the backup has mode %v (%v)", stat.Mode(), err)
	}
	other := Start(t, Options{VSwitch: n.VSwitch})
	restore(other.Data(), "running")
	if got := balancers(other); got != want {
		t.Errorf("the other node has %s, want %s", got, want)
	}

	if _, failed := c.run(t, "", "call", "DeleteLoadBalancer", "--LoadBalancerId", s.LoadBalancerID, "--endpoint", "http://"+n.API); failed != "" {
		t.Fatal(failed)
	}
	other.Stop(t)
	restore(n.Data(), "running") // the listener is restored while the node runs
	serves()

	n.Stop(t)
	backup(n.Data(), "stopped")
	fresh := filepath.Join(t.TempDir(), "data")
	restore(fresh, "stopped")
	again := Start(t, Options{Dir: filepath.Dir(fresh), VSwitch: n.VSwitch})
	if got := balancers(again); got != want {
		t.Errorf("the new directory has %s, want %s", got, want)
	}
	serves()

	whole, err := os.ReadFile(filepath.Join(c.dir, "stopped"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(c.dir, "short"), whole[:len(whole)-9], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, failed := c.run(t, "", "restore", "--yes", "--data", again.Data(), "short"); !strings.Contains(failed, "short: not a complete backup of elbow") {
		t.Errorf("a backup cut off: got %q", failed)
	}
	if _, failed := c.run(t, "", "restore", "--data", again.Data(), "stopped"); !strings.Contains(failed, "nobody to ask") {
		t.Errorf("without --yes: got %q", failed)
	}
}
