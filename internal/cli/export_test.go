package cli

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// A key that replaces a file with a wider mode is readable by its owner only, the target
// of a symbolic link is not changed, and a file that cannot be written completely stays as
// it was.
func TestWriteAnew(t *testing.T) {
	dir := t.TempDir()
	open, link, aim := filepath.Join(dir, "open.key"), filepath.Join(dir, "link.key"), filepath.Join(dir, "aim")
	for _, path := range []string{open, aim} {
		if err := os.WriteFile(path, []byte("old and longer"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(aim, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{open, link, filepath.Join(dir, "new.key")} {
		if err := writeAnew(path, []byte("secret"), 0o600); err != nil {
			t.Fatal(err)
		}
		info, err := os.Lstat(path)
		if err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: got %v, %v, want a file of mode 0600", path, info, err)
		}
		if text, err := os.ReadFile(path); err != nil || string(text) != "secret" {
			t.Errorf("%s: got %q, %v", path, text, err)
		}
	}
	if text, err := os.ReadFile(aim); err != nil || string(text) != "old and longer" {
		t.Errorf("behind a link: got %q, %v", text, err)
	}
	if err := writeAnew(filepath.Join(dir, "none", "a"), nil, 0o600); err == nil {
		t.Error("no error where there is no directory")
	}
	if err := writeAnew(os.DevNull, []byte("x"), 0o600); err != nil {
		t.Errorf("to a device: %v", err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode()&fs.ModeDevice == 0 {
		t.Errorf("%s: got %v, %v", os.DevNull, info, err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 4 {
		t.Errorf("got %v, %v, want no files beside the four", left, err)
	}
}

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"not found: shop":                       "not found: shop",
		"a name \x1b[31mred\x1b]0;title\a":      `a name \x1b[31mred\x1b]0;title\a`,
		"one\n\ttwo\n三 \u202e":                  "one\n\ttwo\n三 \\u202e",
		"what is done stays\r\nline \"quoted\"": "what is done stays\\r\nline \"quoted\"",
	} {
		if got := Printable(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
