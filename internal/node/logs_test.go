package node

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"elbow/internal/leak"
	"elbow/internal/logs"
)

// After a rotation the log is written to a new file.
func TestLogIsOpenedAnew(t *testing.T) {
	n := newNode(DefaultConfig(), slog.New(slog.DiscardHandler))
	path := filepath.Join(t.TempDir(), "access.log")
	out, err := n.openLog("access log", path, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer n.end()
	write := func(line string) {
		if _, err := io.WriteString(out, line); err != nil {
			t.Fatal(err)
		}
	}
	write("one\n")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	write("two\n")
	n.reloads.reload()
	write("three\n")
	for file, want := range map[string]string{path + ".1": "one\ntwo\n", path: "three\n"} {
		if got, err := os.ReadFile(file); err != nil || string(got) != want {
			t.Errorf("%s: got %q, %v, want %q", filepath.Base(file), got, err, want)
		}
	}
}

// newFIFO makes a FIFO.
func newFIFO(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A FIFO without a reader is an error, and does not block.
func TestLogFIFOWithoutReader(t *testing.T) {
	leak.Check(t)
	path := newFIFO(t)
	n := newNode(DefaultConfig(), slog.New(slog.DiscardHandler))
	defer n.end()
	if _, err := n.openLog("access log", path, 0); !errors.Is(err, logs.ErrNoReader) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want %v", err, logs.ErrNoReader)
	}
}

// A FIFO whose reader has stopped blocks the writer, but neither a rotation nor the end.
func TestLogFIFOStandsStill(t *testing.T) {
	leak.Check(t)
	path := newFIFO(t)
	reader, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	n := newNode(DefaultConfig(), slog.New(slog.DiscardHandler))
	out, err := n.openLog("access log", path, 0)
	if err != nil {
		t.Fatal(err)
	}
	stands := make(chan error)
	written := 0
	go func() { // ends with the FIFO
		for {
			n, err := out.Write(make([]byte, 64<<10))
			written += n
			if err != nil {
				stands <- err
				return
			}
		}
	}()
	if _, err := io.ReadFull(reader, make([]byte, 1)); err != nil { // it has begun
		t.Fatal(err)
	}
	n.reloads.reload()
	n.end()
	// The second write is blocked in the file that the reload replaced, whose descriptor
	// is closed after the write: only the end of the reader ends it.
	reader.Close()
	if err := <-stands; err == nil || written > 1<<20 {
		t.Errorf("%d bytes were written, %v", written, err)
	}
}

// A log with a limit is renamed at half of it; no line is lost or cut, and both files
// together exceed the limit by one line at most.
func TestLogIsBoundedBySize(t *testing.T) {
	leak.Check(t)
	const limit, line = 4096, "a line of the log, some 40 bytes long .\n"
	path := filepath.Join(t.TempDir(), "audit.log")
	n := newNode(DefaultConfig(), slog.New(slog.DiscardHandler))
	defer n.end()
	out, err := n.openLog("audit log", path, limit)
	if err != nil {
		t.Fatal(err)
	}
	read := func(path string) string {
		text, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		return string(text)
	}
	for i := range 1000 {
		if _, err := io.WriteString(out, line); err != nil {
			t.Fatal(err)
		}
		now, before := read(path), read(path+".1")
		if len(now)+len(before) > limit+2*len(line) {
			t.Fatalf("after %d lines the files have %d and %d bytes", i+1, len(now), len(before))
		}
		if i+1 <= limit/2/len(line) && (len(now)+len(before))/len(line) != i+1 {
			t.Fatalf("after %d lines there are %d", i+1, (len(now)+len(before))/len(line))
		}
		if strings.ReplaceAll(now+before, line, "") != "" {
			t.Fatalf("a line is cut: %q", now)
		}
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 2 {
		t.Errorf("there are %d files, %v", len(entries), err)
	}
}

// A process that has been replaced does not rename the file of the newer one.
func TestOlderProcessLeavesTheNewerLogAlone(t *testing.T) {
	leak.Check(t)
	path := filepath.Join(t.TempDir(), "audit.log")
	older, newer := &logs.File{Path: path, Limit: 64}, &logs.File{Path: path, Limit: 64}
	for _, l := range []*logs.File{older, newer} {
		if err := l.Open(); err != nil {
			t.Fatal(err)
		}
		defer l.Close()
	}
	write := func(l *logs.File, text string) {
		if _, err := io.WriteString(l, text); err != nil {
			t.Fatal(err)
		}
	}
	write(newer, strings.Repeat("x", 32)+"\n") // renames it
	write(newer, "of the newer one\n")
	write(older, "of the older one\n") // to the renamed file, which is too large; the next line goes to the new one
	write(older, "again\n")
	for file, want := range map[string]string{path: "of the newer one\nagain\n", path + ".1": strings.Repeat("x", 32) + "\nof the older one\n"} {
		if got, err := os.ReadFile(file); err != nil || string(got) != want {
			t.Errorf("%s: got %q, %v, want %q", filepath.Base(file), got, err, want)
		}
	}
}
