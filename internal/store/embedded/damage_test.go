package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// stored is the number of keys in the directories of these tests.
const stored = 200

// valueOf is the value of each key.
var valueOf = strings.Repeat("value ", 50)

// key is the n-th key.
func key(n int) string { return fmt.Sprintf("key-%03d", n) }

// template is the data directory of a stopped member, or a copy of one that runs,
// like that of a killed process.
func template(t *testing.T, killed bool) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "template")
	m := open(t, Config{Dir: dir})
	for n := range stored {
		if _, err := m.Client().Put(t.Context(), key(n), valueOf); err != nil {
			t.Fatal(err)
		}
	}
	if !killed {
		m.Close()
		return dir
	}
	m.server.Backend().ForceCommit()
	return duplicate(t, dir)
}

// duplicate copies a data directory.
func duplicate(t *testing.T, from string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(to, name)), 0o700); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), content, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

const (
	database = "etcd/member/snap/db"
	firstLog = "etcd/member/wal/0000000000000000-0000000000000000.wal"
)

// edit changes the bytes of a file.
func edit(name string, change func([]byte) []byte) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		path := filepath.Join(dir, name)
		content, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, change(content), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func gone(name string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}

func zero(from, to int) func([]byte) []byte {
	return func(b []byte) []byte {
		clear(b[from:min(to, len(b))])
		return b
	}
}

func cut(n int) func([]byte) []byte { return func(b []byte) []byte { return b[:n] } }

func flip(at int) func([]byte) []byte {
	return func(b []byte) []byte {
		b[at] ^= 0x10
		return b
	}
}

// A damaged store is refused with the name of the file and what to do, or has
// everything that was acknowledged and works.
func TestDamage(t *testing.T) {
	t.Parallel()
	stopped, killed := template(t, false), template(t, true)
	const whole = "" // it starts with everything
	for _, tt := range []struct {
		name  string
		spoil func(*testing.T, string)
		want  string // in the error
	}{
		{"nothing", func(*testing.T, string) {}, whole},
		{"both meta pages zero", edit(database, zero(0, 8192)), database + " is damaged: neither of its two head pages"},
		{"one meta page zero", edit(database, zero(0, 4096)), "acknowledged or refused"},
		{"database cut in half", edit(database, func(b []byte) []byte { return b[:len(b)/2] }), "acknowledged or refused"},
		{"database cut to ten pages", edit(database, cut(10*4096)), database + " is damaged: it was cut off"},
		{"database cut to a page", edit(database, cut(4096)), database + " is damaged"},
		{"database empty", edit(database, cut(0)), whole},
		{"database missing", gone(database), whole},
		{"database page zero", edit(database, zero(4*4096, 5*4096)), "acknowledged or refused"},
		{"log missing", gone(firstLog), "wal is damaged: the log is missing"},
		{"log empty", edit(firstLog, cut(0)), firstLog + " is damaged: it is empty"},
		{"log cut in a record", edit(firstLog, cut(10_001)), firstLog + " is damaged: it was cut off at 10001 bytes"},
		{"log cut to its reserve", edit(firstLog, cut(1<<20)), whole},
		{"log with a flipped byte", edit(firstLog, flip(10_000)), firstLog + " is damaged: "},
		{"log zero from the beginning", edit(firstLog, zero(0, 4096)), firstLog + " is damaged: it is empty"},
		{"log zero in the middle", edit(firstLog, zero(20_000, 24_096)), firstLog + " is damaged: "},
		{"log zero to its end", edit(firstLog, zero(20_000, 1<<30)), firstLog + " is damaged: "},
		{"log with another name", func(t *testing.T, dir string) {
			path := filepath.Join(dir, firstLog)
			if err := os.Rename(path, filepath.Join(filepath.Dir(path), "x.wal")); err != nil {
				t.Fatal(err)
			}
		}, "x.wal is damaged: its name"},
		{"all of etcd missing", gone("etcd"), "the store is missing or empty"},
		{"etcd a file", func(t *testing.T, dir string) {
			gone("etcd")(t, dir)
			if err := os.WriteFile(filepath.Join(dir, "etcd"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "etcd"},
	} {
		for kind, from := range map[string]string{"stopped": stopped, "killed": killed} {
			t.Run(tt.name+" "+kind, func(t *testing.T) {
				dir := duplicate(t, from)
				tt.spoil(t, dir)
				err := restartWhole(t, dir)
				switch {
				case tt.want == "acknowledged or refused":
					if damage := new(DamageError); err != nil && !errors.As(err, &damage) {
						t.Errorf("got %v, want a start or a DamageError", err)
					}
				case tt.want == whole && err != nil:
					t.Errorf("got %v", err)
				case tt.want != whole && (err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n")):
					t.Errorf("got %v, want one line with %q", err, tt.want)
				}
				if damage := new(DamageError); errors.As(err, &damage) && !strings.Contains(err.Error(), "elbow restore --data "+dir) {
					t.Errorf("%v does not say what to do", err)
				}
			})
		}
	}
}

// restartWhole starts a member and fails the test if it starts without
// acknowledged data, or loses what is written from then on.
func restartWhole(t *testing.T, dir string) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	m, err := Start(ctx, Config{Dir: dir, Log: quiet})
	if err != nil {
		return err
	}
	defer func() { m.Close() }()
	if _, err := m.Client().Put(t.Context(), "later", "1"); err != nil {
		t.Error(err)
	}
	m.Close()
	if m, err = Start(ctx, Config{Dir: dir, Log: quiet}); err != nil {
		t.Fatalf("it started, took a write, and does not start again: %v", err)
	}
	for _, name := range append([]string{"later"}, key(0), key(stored/2), key(stored-1)) {
		if resp, err := m.Client().Get(t.Context(), name); err != nil || len(resp.Kvs) != 1 {
			t.Errorf("%s was acknowledged and is gone (%v)", name, err)
		}
	}
	return nil
}

// Any byte of a database or a log may be corrupt: the store is refused, or it has
// everything.
func TestFlippedBytes(t *testing.T) {
	t.Parallel()
	from := template(t, false)
	written := make(map[string]bool)
	for n := range stored {
		written[key(n)] = true
	}
	for _, name := range []string{database, firstLog} {
		content, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			t.Fatal(err)
		}
		d := &directory{path: duplicate(t, from)}
		f, err := os.OpenFile(filepath.Join(d.path, name), os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for at := 0; at < min(len(content), 100_000); at += 499 {
			_, err := f.WriteAt([]byte{content[at] ^ 0x21}, int64(at))
			if err != nil {
				t.Fatal(err)
			}
			there := make(map[string]bool)
			_, _, err = d.examine(func(key, value []byte, leased bool) error { // must not panic
				if !written[string(key)] || string(value) != valueOf || leased {
					return errors.New("not what was written")
				}
				there[string(key)] = true
				return nil
			})
			if err == nil && len(there) < stored && at < 2*4096 {
				// One of the two meta pages: the other one is that of the write
				// before, and the log has the rest.
				if err := restartWhole(t, duplicate(t, d.path)); err != nil {
					t.Errorf("%s, byte %d: %v", name, at, err)
				}
			} else if err == nil && len(there) < stored {
				t.Errorf("%s, byte %d: %d keys of %d are there", name, at, len(there), stored)
			}
			if _, undo := f.WriteAt(content[at:at+1], int64(at)); undo != nil {
				t.Fatal(undo)
			}
			if damage := new(DamageError); err != nil && !errors.As(err, &damage) {
				t.Errorf("%s, byte %d: %v", name, at, err)
			}
		}
	}
}

// What a first start leaves when it is killed before anything was acknowledged is
// created again: a log without entries would never elect a leader.
func TestFirstStartKilled(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*testing.T, string){
		"log without entries": edit(firstLog, zero(emptyLog, 1<<20)),
		"no log yet":          gone("etcd/member/wal"),
		"empty database":      func(t *testing.T, dir string) { gone("etcd/member/wal")(t, dir); edit(database, cut(0))(t, dir) },
		"no store yet":        gone("etcd"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			open(t, Config{Dir: dir}).Close()
			fresh := &directory{path: dir}
			emptyDatabase(t, filepath.Join(dir, database))
			gone(begunFile)(t, dir)
			spoil(t, dir)
			if s, err := fresh.readLog(); err == nil && s.committed != 0 {
				t.Fatalf("the log has %d committed entries: the test is wrong", s.committed)
			}
			m := open(t, Config{Dir: dir})
			if _, err := m.Client().Put(t.Context(), "a", "1"); err != nil {
				t.Error(err)
			}
		})
	}
}

// emptyLog is the size of a log without entries: a checksum, the ids of member
// and cluster, and an empty snapshot.
const emptyLog = 80

func emptyDatabase(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// A start ends with its context.
func TestStartEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	if m, err := Start(ctx, Config{Dir: dir, Log: quiet}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, %v", m, err)
	}
	open(t, Config{Dir: dir}) // nothing is locked
}

// A log of several files, of which the oldest are gone, with snapshots in
// between, is complete; so is one of a member that is killed after it.
func TestLongLog(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m := open(t, Config{Dir: dir})
	const writers, each = 64, 400 // 25,600 entries: two snapshots
	var writing sync.WaitGroup
	for w := range writers {
		writing.Go(func() { // ends with its writes
			for n := range each {
				if _, err := m.Client().Put(t.Context(), fmt.Sprint(w, "-", n%10), valueOf); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	writing.Wait()
	killed := duplicate(t, dir)
	m.Close()
	for kind, dir := range map[string]string{"stopped": dir, "killed": killed} {
		found, err := (&directory{path: dir}).readLog()
		if err != nil || len(found.files) < 3 || found.snapshot == 0 {
			t.Fatalf("%s: the log is %+v (%v): the test shows nothing", kind, found, err)
		}
		m := open(t, Config{Dir: dir})
		resp, err := m.Client().Get(t.Context(), "", clientv3.WithPrefix(), clientv3.WithCountOnly())
		if err != nil || resp.Count != writers*10 {
			t.Errorf("%s: %d keys of %d (%v)", kind, resp.Count, writers*10, err)
		}
	}
}
