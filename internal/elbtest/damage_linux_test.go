package elbtest

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"elbow/internal/api"
	"elbow/internal/archive"
)

var wholeMatrix = flag.Bool("damage", false, "every file of a data directory with every kind of damage, and not a few of them")

// nobody is the user id that the commands of TestDamage run as, because root can read and
// write every file.
const nobody = 65534

// A damage is a way in which a file can be damaged.
type damage struct {
	name  string
	spoil func(path string) error
	any   bool // also for directories
}

var damages = []damage{
	{"missing", os.RemoveAll, true},
	{"a directory", func(path string) error {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
		return owned(path, os.Mkdir(path, 0o700))
	}, false},
	{"a FIFO", instead(func(path string) error { return syscall.Mkfifo(path, 0o600) }), false},
	{"a socket", instead(putSocket), false},
	{"a device", instead(func(path string) error { return os.Symlink("/dev/zero", path) }), false},
	{"a link to itself", instead(func(path string) error { return os.Symlink(filepath.Base(path), path) }), false},
	{"unreadable", func(path string) error { return os.Chmod(path, 0) }, true},
	{"read-only", func(path string) error {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		return os.Chmod(path, info.Mode().Perm()&0o555)
	}, true},
	{"empty", func(path string) error { return os.Truncate(path, 0) }, false},
	{"cut by a byte", resized(func(n int64) int64 { return n - 1 }), false},
	{"cut in half", resized(func(n int64) int64 { return n / 2 }), false},
	{"zeroed head", overwritten(func([]byte) (int, []byte) { return 0, make([]byte, 512) }), false},
	{"zeroed middle", overwritten(func(b []byte) (int, []byte) { return len(b) / 2, make([]byte, 512) }), false},
	{"flipped byte", overwritten(func(b []byte) (int, []byte) { return len(b) / 3, []byte{b[len(b)/3] ^ 0x20} }), false},
}

// instead replaces a file by something that is not a regular file.
func instead(put func(path string) error) func(string) error {
	return func(path string) error {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
		if err := put(path); err != nil || os.Getuid() != 0 {
			return err
		}
		return os.Lchown(path, nobody, nobody)
	}
}

// putSocket binds a socket in another directory first, because the path of a socket has at
// most 107 bytes.
func putSocket(path string) error {
	dir, err := os.MkdirTemp("", "socket")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	short := filepath.Join(dir, "s")
	if err := syscall.Bind(fd, &syscall.SockaddrUnix{Name: short}); err != nil {
		return err
	}
	return os.Rename(short, path)
}

func owned(path string, err error) error {
	if err != nil || os.Getuid() != 0 {
		return err
	}
	return os.Chown(path, nobody, nobody)
}

func resized(size func(int64) int64) func(string) error {
	return func(path string) error {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		return os.Truncate(path, max(size(info.Size()), 0))
	}
}

// overwritten overwrites bytes of a file before the zeros at its end.
func overwritten(with func(used []byte) (int, []byte)) func(string) error {
	return func(path string) error {
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		used := bytes.TrimRight(content, "\x00")
		if len(used) == 0 {
			return nil // the file has only zeros
		}
		at, b := with(used)
		copy(content[at:], b)
		return writeSparse(path, content)
	}
}

// writeSparse writes a file with a hole in place of the zeros at its end.
func writeSparse(path string, content []byte) error {
	if err := os.WriteFile(path, bytes.TrimRight(content, "\x00"), 0o600); err != nil {
		return err
	}
	return os.Truncate(path, int64(len(content)))
}

// A damaged is the data directory of a node that has ended, of which the tests damage
// copies.
type damaged struct {
	program string // the binary, in a directory that nobody may read
	node    *Node
	site    *Site
	want    []archive.Document
	backup  string // path of a backup
}

// newDamaged creates the directory.
func newDamaged(t *testing.T) *damaged {
	t.Helper()
	n := Start(t, Options{})
	d := &damaged{node: n, site: NewSite(t, n, NewBackend(t, "a"))}
	d.site.Listen(t, map[string]string{"HealthCheck": "off"})
	for i := range 10 {
		d.mustCall(t, n, "CreateUser", map[string]string{"UserName": fmt.Sprint("user", i)})
	}
	c := newTerminal(t, n)
	if _, failed := c.run(t, "", "backup", "--data", n.Data(), "whole"); failed != "" {
		t.Fatal(failed)
	}
	n.Stop(t)
	dir := t.TempDir()
	for up := dir; up != os.TempDir() && len(up) > 1; up = filepath.Dir(up) {
		if err := os.Chmod(up, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	d.program, d.backup = filepath.Join(dir, "elbow"), filepath.Join(dir, "whole.backup")
	if err := os.Link(program, d.program); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(c.dir, "whole"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(d.backup, content, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, d.want, err = archive.Read(bytes.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *damaged) mustCall(t *testing.T, n *Node, action string, params map[string]string) {
	t.Helper()
	if _, err := n.RPC().Call(t.Context(), api.RamVersion, action, params); err != nil {
		t.Fatal(err)
	}
}

// files lists the files in the directory, relative to it.
func (d *damaged) files(t *testing.T) (all []string) {
	t.Helper()
	err := filepath.WalkDir(d.node.Data(), func(path string, e fs.DirEntry, err error) error {
		name, _ := filepath.Rel(d.node.Data(), path)
		if err == nil && name != "." && (e.IsDir() || e.Type().IsRegular()) {
			all = append(all, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// copy copies the directory, owned by nobody.
func (d *damaged) copy(t *testing.T) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "data")
	for up := filepath.Dir(dir); up != os.TempDir() && len(up) > 1; up = filepath.Dir(up) {
		if err := os.Chmod(up, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	err := filepath.WalkDir(d.node.Data(), func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(d.node.Data(), path)
		to := filepath.Join(dir, name)
		if e.IsDir() {
			return owned(to, os.Mkdir(to, 0o700))
		}
		if !e.Type().IsRegular() {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return owned(to, writeSparse(to, content))
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// commandTime bounds the time of a command with a damaged directory.
const commandTime = 10 * time.Second

// run runs a command as nobody and returns its output and whether it succeeded. A command
// that takes too long fails the test.
func (d *damaged) run(t *testing.T, args ...string) (out string, ok bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, d.program, args...)
	cmd.Dir, cmd.Env = filepath.Dir(d.program), append(os.Environ(), "HOME=/nonexistent")
	cmd.SysProcAttr = asNobody()
	began := time.Now()
	text, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		t.Errorf("elbow %s hangs", args[0])
	} else if took := time.Since(began); took > commandTime {
		t.Errorf("elbow %s took %s", args[0], took)
	}
	if strings.Contains(string(text), "goroutine ") {
		t.Errorf("elbow %s crashed:\n%s", args[0], text)
	}
	return string(text), err == nil
}

func asNobody() *syscall.SysProcAttr {
	attr := child()
	if os.Getuid() == 0 {
		attr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	return attr
}

// serve starts a node on the directory. If it starts, the caller has to kill it.
func (d *damaged) serve(t *testing.T, dir string) (*Node, error) {
	t.Helper()
	n := &Node{Options: Options{Dir: filepath.Dir(dir), Binary: d.program, VSwitch: d.node.VSwitch}}
	if err := n.complete(); err != nil {
		t.Fatal(err)
	}
	n.as = asNobody()
	return n, n.launch()
}

// says checks that a command which failed names the file in its last line.
func says(t *testing.T, command, out, file string) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(out), "\n")
	last := lines[len(lines)-1]
	t.Logf("%s: %s", command, last)
	if strings.Contains(last, "permission denied") && (strings.Contains(last, "is damaged") || !strings.Contains(last, "chown")) {
		t.Errorf("%s takes what may not be read for damaged, or does not say what to do: %s", command, last)
	}
	for name := file; name != "."; name = filepath.Dir(name) {
		if strings.Contains(last, filepath.Base(name)) { // the file, or the directory that it is in
			return
		}
	}
	t.Errorf("%s does not name %s: %s", command, file, last)
}

// Whatever happens to a file of the data directory, each command ends soon: either with a
// line that names the file and says what to do, or successfully with everything that was
// acknowledged.
func TestDamage(t *testing.T) {
	t.Parallel()
	d := newDamaged(t)
	for _, file := range d.files(t) {
		info, err := os.Stat(filepath.Join(d.node.Data(), file))
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range damages {
			if info.IsDir() && !kind.any || !*wholeMatrix && !sampled(file, kind.name) {
				continue
			}
			t.Run(file+" "+kind.name, func(t *testing.T) {
				if *wholeMatrix {
					t.Parallel()
				}
				d.try(t, file, kind)
			})
		}
	}
	if !*wholeMatrix {
		return
	}
	fifo := damages[slices.IndexFunc(damages, func(d damage) bool { return d.name == "a FIFO" })]
	for _, file := range passing {
		t.Run(file+" "+fifo.name, func(t *testing.T) {
			t.Parallel()
			d.try(t, file, fifo)
		})
	}
}

// passing are files that a stopped node does not have: those of a restore in progress,
// temporary files that are renamed once they are complete, and the sockets of a running
// node.
var passing = []string{
	"begun.new", "format.new", "seal.key.new", "nonces.new", "root-credentials.part", "console-sessions.part", "console-charts",
	"restoring.backup", "restoring.backup.part", "takeover.sock", "takeover.sock.new", "backup.sock", "audit.log.1",
}

// sampled reports whether every run of the suite has this case.
func sampled(file, kind string) bool {
	switch filepath.Base(file) {
	case "db":
		return kind == "zeroed head" || kind == "flipped byte"
	case "0000000000000000-0000000000000000.wal":
		return kind == "cut in half" || kind == "empty"
	case "format":
		return kind == "a FIFO"
	case "nonces":
		return kind == "a device"
	case "seal.key":
		return kind == "unreadable"
	case "etcd":
		return kind == "missing"
	}
	return false
}

func (d *damaged) try(t *testing.T, file string, kind damage) {
	dir := d.copy(t)
	if err := kind.spoil(filepath.Join(dir, file)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = exec.Command("chmod", "-R", "u+rwX", dir).Run() }) // so that it can be removed
	found, well := d.run(t, "doctor", "--data", dir, "--api", "127.0.0.1:1", "--admin", "off")

	out, ok := d.run(t, "backup", "--data", dir, "-")
	if ok {
		d.isWhole(t, out)
	} else {
		says(t, "backup", out, file)
	}
	n, err := d.serve(t, dir)
	refused := err != nil && strings.Contains(n.Log(), "is damaged")
	if err == nil {
		d.serves(t, n)
	} else {
		says(t, "serve", n.Log(), file)
		if refused && (well || !strings.Contains(found, "is damaged")) {
			t.Errorf("the node does not start (%s), and the doctor says:\n%s", n.Log(), found)
		}
	}
	n.Kill()
	aside := func() []string { all, _ := filepath.Glob(filepath.Join(dir, "damaged-*")); return all } // the pattern is well-formed
	replaced := file == "restoring.backup"                                                            // the restore replaces this file and sets nothing aside
	if out, ok = d.run(t, "restore", "--yes", "--data", dir, d.backup); len(aside()) > 0 != (refused && !replaced) {
		t.Errorf("the node said %s, and the restore has set aside %q", n.Log(), aside())
	}
	if !ok {
		says(t, "restore", out, file)
		return
	}
	if n, err = d.serve(t, dir); err != nil {
		says(t, "serve after restore", n.Log(), file)
		if strings.Contains(n.Log(), "is damaged") {
			t.Errorf("after a restore the node does not start: %s", n.Log())
		}
	} else {
		d.serves(t, n)
	}
	n.Kill()
}

// isWhole checks that a backup contains everything that was acknowledged.
func (d *damaged) isWhole(t *testing.T, out string) {
	t.Helper()
	_, documents, err := archive.Read(strings.NewReader(out))
	if err != nil {
		t.Errorf("the backup: %v", err)
		return
	}
	there := make(map[string]string)
	for _, one := range documents {
		there[one.Key] = one.Value
	}
	for _, one := range d.want {
		if there[one.Key] != one.Value && !strings.HasSuffix(one.Key, "session-keys") {
			t.Errorf("the backup has for %s %q, want %q", one.Key, there[one.Key], one.Value)
		}
	}
}

// serves checks that a node has everything that was acknowledged.
func (d *damaged) serves(t *testing.T, n *Node) {
	t.Helper()
	if got := n.balancers(t); got != 1 {
		t.Errorf("it started, with %d load balancers of 1\n%s", got, n.Log())
	}
	body, err := n.RPC().Call(t.Context(), api.RamVersion, "ListUsers", nil)
	if got := strings.Count(string(body), `"UserName"`); err != nil || got != 10 {
		t.Errorf("it started, with %d users of 10 (%v)\n%s", got, err, n.Log())
	}
	d.mustCall(t, n, "CreateUser", map[string]string{"UserName": "another"})
	d.mustCall(t, n, "DeleteUser", map[string]string{"UserName": "another"})
	if err := n.Broken(); err != nil {
		t.Error(err)
	}
}
