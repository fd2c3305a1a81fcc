package embedded

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	clientv3 "go.etcd.io/etcd/client/v3"
	"golang.org/x/sys/unix"
)

// fill writes until etcd refuses and returns the refusal. All values have the
// same key, so that a compaction frees nearly everything.
func fill(t *testing.T, m *Member) error {
	t.Helper()
	value := strings.Repeat("x", 256<<10)
	for range 1000 {
		if _, err := m.Client().Put(t.Context(), "k", value); err != nil {
			return err
		}
	}
	t.Fatal("1000 writes fit in")
	return nil
}

// A store that reached its quota reports it and refuses writes, and accepts them
// again after old revisions were compacted.
func TestQuota(t *testing.T) {
	t.Parallel()
	m := open(t, Config{Dir: t.TempDir(), Quota: 16 << 20})
	if h := m.Health(); h.Err != nil || h.Warning != nil {
		t.Fatalf("a fresh store: %+v", h)
	}
	if err := fill(t, m); !strings.Contains(err.Error(), "space exceeded") {
		t.Errorf("got %v, want a refusal for space", err)
	}
	if h := m.Health(); !errors.Is(h.Err, ErrFull) || h.Warning == nil {
		t.Errorf("the full store: %+v, want ErrFull and a warning", h)
	}

	resp, err := m.Client().Get(t.Context(), "k")
	if err != nil {
		t.Fatalf("reading while full: %v", err)
	}
	if _, err := m.Client().Compact(t.Context(), resp.Header.GetRevision(), clientv3.WithCompactPhysical()); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); {
		m.server.Backend().ForceCommit() // frees the pages now and not within 100 ms, unless a reader uses them
		m.makeRoom(t.Context())
		if h := m.Health(); h.Err == nil && h.Warning == nil {
			break
		}
	}
	if h := m.Health(); h.Err != nil || h.Warning != nil {
		t.Errorf("after the compaction: %+v", h)
	}
	if _, err := m.Client().Put(t.Context(), "k", "v"); err != nil {
		t.Errorf("writing after the compaction: %v", err)
	}
}

// When its disk is full the store refuses writes, before etcd runs out of space
// and fails, and answers reads. Once there is room it accepts writes again.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := unix.Mount("elbow", dir, "tmpfs", 0, "size=256m"); err != nil {
		t.Skipf("mounting a small file system: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	m := open(t, Config{Dir: dir})
	put := func() error { _, err := m.Client().Put(t.Context(), "a", "1"); return err }
	if err := put(); err != nil {
		t.Fatalf("with room: %v", err)
	}
	other := filepath.Join(dir, "of-somebody-else")
	if err := os.WriteFile(other, make([]byte, m.disk.free()-minDisk/2), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := put(); !errors.Is(err, ErrFull) || !strings.Contains(err.Error(), dir) {
		t.Errorf("write: got %v, want ErrFull with the directory's name", err)
	}
	if h := m.Health(); !errors.Is(h.Err, ErrFull) || h.Warning == nil {
		t.Errorf("health: %+v, want ErrFull and a warning", h)
	}
	if resp, err := m.Client().Get(t.Context(), "a"); err != nil || len(resp.Kvs) != 1 {
		t.Errorf("read: %v, %v", resp, err)
	}
	if err := os.Remove(other); err != nil {
		t.Fatal(err)
	}
	if err := put(); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

func TestChangesOfHealthAreLoggedOnce(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	m := &Member{log: slog.New(slog.NewTextHandler(&out, nil))}
	well, low, full := Health{}, Health{Warning: errors.New("low")}, Health{Err: errors.New("full")}
	for _, tt := range []struct {
		last, now Health
		want      string // "" for no log line
	}{
		{well, well, ""},
		{well, low, "level=WARN msg=\"store is running out of space\""},
		{low, low, ""},
		{low, full, "level=ERROR msg=\"store takes no writes\""},
		{full, full, ""},
		{full, low, "level=WARN"},
		{full, well, "level=INFO msg=\"store has room again\""},
		{low, well, "level=INFO"},
	} {
		out.Reset()
		m.logChange(tt.last, tt.now)
		if got := out.String(); (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%+v to %+v: logged %q, want %q", tt.last, tt.now, got, tt.want)
		}
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	m := open(t, Config{Dir: t.TempDir()})
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(m.Collector())
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]float64)
	for _, f := range families {
		got[f.GetName()] = f.GetMetric()[0].GetGauge().GetValue()
	}
	if got["elbow_store_writable"] != 1 || got["elbow_store_quota_bytes"] != DefaultQuota || got["elbow_store_size_bytes"] == 0 {
		t.Errorf("got %v", got)
	}
}
