package regular

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A file that is not regular is refused with its path, and nothing blocks on it.
func TestNotRegular(t *testing.T) {
	dir := t.TempDir()
	kinds := map[string]func(path string) error{
		"directory": func(path string) error { return os.Mkdir(path, 0o700) },
		"fifo":      func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"device":    func(path string) error { return os.Symlink("/dev/zero", path) },
		"socket": func(path string) error {
			l, err := net.Listen("unix", path)
			if err == nil {
				t.Cleanup(func() { _ = l.Close() })
			}
			return err
		},
	}
	for name, one := range kinds {
		path := filepath.Join(dir, name)
		if err := one(path); err != nil {
			t.Fatal(err)
		}
		_, read := ReadFile(path)
		for call, err := range map[string]error{"ReadFile": read, "WriteFile": WriteFile(path, []byte("a"), 0o600)} {
			if !errors.Is(err, ErrNotRegular) || !strings.Contains(err.Error(), path) {
				t.Errorf("%s of a %s: got %v, want %v with its path", call, name, err, ErrNotRegular)
			}
		}
	}
}

func TestRegular(t *testing.T) {
	dir := t.TempDir()
	file, link, loop := filepath.Join(dir, "file"), filepath.Join(dir, "link"), filepath.Join(dir, "loop")
	if _, err := ReadFile(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is missing: got %v, want %v", err, os.ErrNotExist)
	}
	if err := errors.Join(os.Symlink(file, link), os.Symlink(loop, loop)); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"a longer text", "text"} {
		if err := WriteFile(link, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := ReadFile(file); string(got) != text || err != nil {
			t.Errorf("got %q and %v, want %q", got, err, text)
		}
	}
	if _, err := ReadFile(loop); !errors.Is(err, syscall.ELOOP) || !strings.Contains(err.Error(), loop) {
		t.Errorf("a link to itself: got %v, want %v with its path", err, syscall.ELOOP)
	}
}
