package main

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
)

// A rotated log goes on in a new file.
func TestLogIsOpenedAnew(t *testing.T) {
	n := newNode(defaultConfig(), slog.New(slog.DiscardHandler))
	path := filepath.Join(t.TempDir(), "access.log")
	out, err := n.openLog("access log", path)
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
	n.reload()
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

// A FIFO that nobody reads is an error, not a wait.
func TestLogFIFOWithoutReader(t *testing.T) {
	leak.Check(t)
	path := newFIFO(t)
	n := newNode(defaultConfig(), slog.New(slog.DiscardHandler))
	defer n.end()
	if _, err := n.openLog("access log", path); !errors.Is(err, errNoReader) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want %v", err, errNoReader)
	}
}

// A FIFO whose reader stands still holds up who writes to it, and neither a
// rotation nor the end.
func TestLogFIFOStandsStill(t *testing.T) {
	leak.Check(t)
	path := newFIFO(t)
	reader, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	n := newNode(defaultConfig(), slog.New(slog.DiscardHandler))
	out, err := n.openLog("access log", path)
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
	n.reload()
	n.end()
	// The second write stood in the file that the reload replaced, whose descriptor
	// goes with the write: its reader is what ends it.
	reader.Close()
	if err := <-stands; err == nil || written > 1<<20 {
		t.Errorf("%d bytes were written, %v", written, err)
	}
}
