package packaging

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"elbow/internal/elbtest"
)

var deb = flag.String("deb", "", "the Debian package to test, as make deb-test gives it")

// The package, unpacked into an empty root, contains the expected files, and its program
// serves with its config. Only addresses and the data directory are replaced.
func TestDeb(t *testing.T) {
	if *deb == "" {
		t.Skip("no -deb: make deb-test builds the package")
	}
	root := t.TempDir()
	run(t, "dpkg-deb", "-x", *deb, root)
	for _, path := range []string{
		"usr/lib/systemd/system/elbow.service",
		"usr/share/man/man1/elbow-serve.1.gz",
		"usr/share/man/man1/elbow-call-CreateLoadBalancerHTTPSListener.1.gz",
		"usr/share/bash-completion/completions/elbow",
		"usr/share/zsh/vendor-completions/_elbow",
		"usr/share/fish/vendor_completions.d/elbow.fish",
		"usr/share/doc/elbow/copyright",
	} {
		if stat, err := os.Stat(filepath.Join(root, path)); err != nil || stat.Size() == 0 {
			t.Errorf("%s is missing or empty (%v)", path, err)
		}
	}
	if got := run(t, "dpkg-deb", "-I", *deb, "conffiles"); !strings.Contains(got, "/etc/elbow/elbow.conf\n") {
		t.Errorf("the conffiles are %q", got)
	}

	config, err := os.ReadFile(filepath.Join(root, "etc", "elbow", "elbow.conf"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(config, []byte("\ndata = /var/lib/elbow\n")) {
		t.Errorf("the config keeps the state elsewhere:\n%s", config)
	}
	n := elbtest.Start(t, elbtest.Options{
		Binary: filepath.Join(root, "usr", "bin", "elbow"),
		Args:   []string{"-config", filepath.Join(root, "etc", "elbow", "elbow.conf")},
	})
	front := elbtest.NewSite(t, n, elbtest.NewBackend(t, "a")).Listen(t, nil)
	if got := front.Get(t, front.Client(t, ""), "/"); got.Backend != "a" {
		t.Errorf("got %d %s, want the backend's answer", got.Status, got.Body)
	}
}

// run runs a command that must succeed and returns its output.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}
