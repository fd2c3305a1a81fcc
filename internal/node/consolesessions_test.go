package node

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// Sessions can be read once, with the right key, and are those that were written.
func TestSessionFile(t *testing.T) {
	dir, key := t.TempDir(), bytes.Repeat([]byte{7}, 32)
	file := func(key []byte) *keptFile {
		f, err := newSessionFile(dir, key)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	write := func() {
		if err := file(key).write([]byte("who is signed in")); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := file(key).take(); got != nil || err != nil {
		t.Errorf("without a file: %q, %v", got, err)
	}
	write()
	path := filepath.Join(dir, "console-sessions")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if stat, err := os.Stat(path); err != nil || stat.Mode().Perm() != 0o600 || bytes.Contains(text, []byte("signed")) {
		t.Errorf("mode %v, %v, text %q", stat.Mode(), err, text)
	}
	if got, err := file(key).take(); string(got) != "who is signed in" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := file(key).take(); got != nil || err != nil {
		t.Errorf("a second time: %q, %v", got, err)
	}
	write()
	if got, err := file(bytes.Repeat([]byte{8}, 32)).take(); got != nil || err == nil {
		t.Errorf("with another key: %q, %v", got, err)
	}
	for n := range text {
		if err := os.WriteFile(path, text[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := file(key).take(); got != nil || err == nil {
			t.Fatalf("the first %d bytes: %q, %v", n, got, err)
		}
	}
}
