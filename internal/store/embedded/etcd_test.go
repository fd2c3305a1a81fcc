package embedded

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/etcd/server/v3/storage/wal"

	"elbow/internal/leak"
)

// childDir is the environment variable with the data directory of a process that
// TestKill started.
const childDir = "ELBOW_TEST_EMBEDDED_DIR"

func TestMain(m *testing.M) {
	wal.SegmentSizeBytes = 2 << 20 // not 64 MB, so that copies of a directory are small
	if dir := os.Getenv(childDir); dir != "" {
		writeForever(dir)
		return
	}
	os.Exit(leak.Main(m.Run))
}

// quiet drops the log lines that a test provokes.
var quiet = slog.New(slog.DiscardHandler)

func open(t testing.TB, c Config) *Member {
	t.Helper()
	c.Log = quiet
	m, err := Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

func TestWhatWasWrittenIsThereAfterARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := open(t, Config{Dir: dir})
	if _, err := first.Client().Put(t.Context(), "a", "1"); err != nil {
		t.Fatal(err)
	}
	key := first.SealKey()
	first.Close()
	second := open(t, Config{Dir: dir})
	resp, err := second.Client().Get(t.Context(), "a")
	if err != nil || len(resp.Kvs) != 1 || string(resp.Kvs[0].Value) != "1" {
		t.Errorf("got %v, %v, want the value 1", resp, err)
	}
	if !bytes.Equal(second.SealKey(), key) {
		t.Error("the seal key is another one")
	}
}

// A start does not wait for raft's own election after some ticks, neither the
// first nor a later one: that would come after startTimeout.
func TestStartHoldsTheElection(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for range 2 {
		m := open(t, Config{Dir: dir, tick: startTimeout})
		if _, err := m.Client().Put(t.Context(), "a", "1"); err != nil {
			t.Fatal(err)
		}
		m.Close()
	}
}

func TestDirectoryInUseIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open(t, Config{Dir: dir})
	_, err := Start(t.Context(), Config{Dir: dir, Log: quiet})
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), dir) {
		t.Errorf("got %v, want ErrInUse with the directory's name", err)
	}
}

func TestDirectoriesThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		spoil func(dir string) error // spoil damages a directory that was in use
		want  string                 // in the error
	}{
		{"newer format", write("format", "2\n"), "format 2 was written by a newer version"},
		{"unreadable format", write("format", "one"), `unreadable version "one"`},
		{"no format", remove("format"), "not a data directory of elbow"},
		{"no seal key", remove("seal.key"), "seal.key is damaged: it is missing: without it"},
		{"short seal key", write("seal.key", "abcd"), "want 64 hexadecimal digits"},
		{"seal key that is none", write("seal.key", strings.Repeat("x", 64)), "want 64 hexadecimal digits"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			open(t, Config{Dir: dir}).Close()
			if err := tt.spoil(dir); err != nil {
				t.Fatal(err)
			}
			m, err := Start(t.Context(), Config{Dir: dir, Log: quiet})
			if err == nil {
				m.Close()
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func write(name, text string) func(string) error {
	return func(dir string) error { return os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600) }
}

func remove(name string) func(string) error {
	return func(dir string) error { return os.Remove(filepath.Join(dir, name)) }
}

func TestOnlyTheOwnerReadsTheSealKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open(t, Config{Dir: dir})
	info, err := os.Stat(filepath.Join(dir, "seal.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v, want mode 0600", info.Mode(), err)
	}
}

// writeForever writes the numbers from 0 and prints each when it was
// acknowledged. It runs in a child process, until that is killed.
func writeForever(dir string) {
	m, err := Start(context.Background(), Config{Dir: dir})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for n := 0; ; n++ {
		key := fmt.Sprintf("n%08d", n)
		if _, err := m.Client().Put(context.Background(), key, ""); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(key)
	}
}

// Acknowledged writes survive kill -9.
func TestKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for round := range 3 {
		acknowledged := killAfter(t, dir, 50+100*round)
		m := open(t, Config{Dir: dir})
		for _, key := range acknowledged {
			resp, err := m.Client().Get(t.Context(), key)
			if err != nil || len(resp.Kvs) != 1 {
				t.Errorf("round %d: %q was acknowledged and is gone (%v)", round, key, err)
			}
		}
		m.Close()
	}
}

// killAfter lets a process write n keys, kills it during later ones and lists the
// acknowledged ones.
func killAfter(t *testing.T, dir string, n int) (acknowledged []string) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childDir+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		acknowledged = append(acknowledged, strings.TrimSpace(line))
		if len(acknowledged) == n {
			_ = child.Process.Kill() // it may have ended, which the count below shows
		}
	}
	_ = child.Wait() // the error is that the process was killed
	if len(acknowledged) < n {
		t.Fatalf("the process ended after %q", acknowledged)
	}
	return acknowledged
}

func BenchmarkStart(b *testing.B) {
	dir := b.TempDir()
	for b.Loop() {
		m, err := Start(b.Context(), Config{Dir: dir, Log: quiet})
		if err != nil {
			b.Fatal(err)
		}
		m.Close()
	}
}
