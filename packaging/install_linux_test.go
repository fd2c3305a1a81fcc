package packaging

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"elbow/internal/elbtest"
)

// maxExposure is the highest accepted exposure level of systemd-analyze security, in
// tenths: 20 is well within what it calls OK.
const maxExposure = "20"

// The package is installed into an overlay of this machine's root, which discards the
// changes. Its scripts run, its unit is valid, its program serves as the unit's user with
// the unit's capabilities, and a purge leaves no files.
func TestInstall(t *testing.T) {
	if *deb == "" {
		t.Skip("no -deb: make deb-test builds the package")
	}
	if os.Geteuid() != 0 {
		t.Skip("a package is installed by root")
	}
	root := newRoot(t)
	text, err := os.ReadFile(*deb)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root.dir, "package.deb"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	root.run(t, "dpkg", "--no-triggers", "-i", "/package.deb")
	if got := root.run(t, "stat", "-c", "%U:%G %a", "/var/lib/elbow"); got != "elbow:elbow 700\n" {
		t.Errorf("the state is for %q", got)
	}
	root.run(t, "systemd-analyze", "--man=no", "verify", "elbow.service")
	root.run(t, "systemd-analyze", "--no-pager", "--offline=yes", "--threshold="+maxExposure, "security", "elbow.service")

	n := elbtest.Start(t, elbtest.Options{Binary: root.asUnit(t), Args: []string{"-data", "/var/lib/elbow"}})
	front := elbtest.NewSite(t, n, elbtest.NewBackend(t, "a")).Listen(t, map[string]string{"ListenerPort": "443"})
	if got := front.Get(t, front.Client(t, ""), "/"); got.Backend != "a" {
		t.Errorf("got %d %s, want the backend's answer", got.Status, got.Body)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", n.PID()))
	if err != nil {
		t.Fatal(err)
	}
	uid := strings.TrimSpace(root.run(t, "id", "-u", "elbow"))
	const bindService = "0000000000000400" // CAP_NET_BIND_SERVICE alone
	for _, line := range []string{"Uid:\t" + uid + "\t", "CapEff:\t" + bindService + "\n", "CapBnd:\t" + bindService + "\n", "NoNewPrivs:\t1\n"} {
		if !strings.Contains(string(status), line) {
			t.Errorf("the program runs without %q:\n%s", line, status)
		}
	}
	n.Stop(t)

	root.run(t, "dpkg", "--no-triggers", "--purge", "elbow")
	for _, path := range root.changed(t) {
		if strings.Contains(path, "elbow") {
			t.Errorf("after the purge there is %s", path)
		}
	}
}

// A root is an overlay of this machine's root directory; changes in it do not reach the
// machine.
type root struct {
	dir   string // the root
	layer string // the layer that holds the changes
}

func newRoot(t *testing.T) *root {
	t.Helper()
	// Not TempDir: what is mounted here must not be removed through it.
	top, err := os.MkdirTemp("", "elbow-root")
	if err != nil {
		t.Fatal(err)
	}
	r := &root{dir: filepath.Join(top, "root"), layer: filepath.Join(top, "layer")}
	t.Cleanup(func() {
		_ = exec.Command("umount", "--recursive", top).Run() // Remove tells
		if err := os.Remove(top); err != nil {
			t.Error(err)
		}
	})
	mount := func(args ...string) {
		if out, err := exec.Command("mount", append([]string{"-t"}, args...)...).CombinedOutput(); err != nil {
			t.Skipf("this machine does not let root mount a %s: %s", args[0], out)
		}
	}
	mount("tmpfs", "elbow-test", top)
	work := filepath.Join(top, "work")
	for _, dir := range []string{r.dir, r.layer, work} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	mount("overlay", "overlay", "-o", "lowerdir=/,upperdir="+r.layer+",workdir="+work, r.dir)
	mount("proc", "proc", filepath.Join(r.dir, "proc"))
	mount("tmpfs", "elbow-test", filepath.Join(r.dir, "dev"))
	run(t, "mknod", "-m", "666", filepath.Join(r.dir, "dev", "null"), "c", "1", "3")
	return r
}

// run runs a command in the root.
func (r *root) run(t *testing.T, args ...string) string {
	t.Helper()
	return run(t, "chroot", append([]string{r.dir, "/usr/bin/env", "DEBIAN_FRONTEND=noninteractive", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"}, args...)...)
}

// asUnit writes a program that does what systemd does with the installed unit: it creates
// the directories, and runs ExecStart as its user with its capabilities and no others.
// Arguments after the first, which is serve, are added.
func (r *root) asUnit(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(r.dir, "usr", "lib", "systemd", "system", "elbow.service"))
	if err != nil {
		t.Fatal(err)
	}
	unit := make(map[string]string)
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			unit[name] = value
		}
	}
	owner := []string{"-o", unit["User"], "-g", unit["Group"]}
	r.run(t, append([]string{"install", "-d", "-m", unit["StateDirectoryMode"], "/var/lib/" + unit["StateDirectory"]}, owner...)...)
	r.run(t, append([]string{"install", "-d", "-m", unit["LogsDirectoryMode"], "/var/log/" + unit["LogsDirectory"]}, owner...)...)
	may := strings.ToLower(strings.TrimPrefix(unit["AmbientCapabilities"], "CAP_"))
	script := fmt.Sprintf(`#!/bin/sh
shift
umask %s
exec chroot %s /bin/sh -c 'cd %s && exec "$@"' sh setpriv --reuid=%s --regid=%s --init-groups --no-new-privs \
	--inh-caps=-all,+%[6]s --ambient-caps=-all,+%[6]s --bounding-set=-all,+%[6]s %[7]s "$@"
`, unit["UMask"], r.dir, unit["WorkingDirectory"], unit["User"], unit["Group"], may, unit["ExecStart"])
	path := filepath.Join(t.TempDir(), "elbow")
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// changed lists the files of the root that the machine does not have. Files that were
// removed are not listed.
func (r *root) changed(t *testing.T) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(r.layer, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && d.Type()&fs.ModeCharDevice != 0 {
			return nil
		}
		paths = append(paths, strings.TrimPrefix(path, r.layer))
		return err
	})
	if err != nil || len(paths) < 10 {
		t.Fatalf("%v: %d paths, fewer than dpkg writes", err, len(paths))
	}
	return paths
}
