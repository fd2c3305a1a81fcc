package backup

import (
	"os"
	"path/filepath"
	"testing"
)

// A regular file is replaced. What is none, as /dev/stdout, is written to and stays.
func TestSave(t *testing.T) {
	dir := t.TempDir()
	file, device := filepath.Join(dir, "file"), filepath.Join(dir, "device")
	if err := os.Symlink("/dev/null", device); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, file, device} {
		if err := Save(path, []byte("all")); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	if got, err := os.ReadFile(file); string(got) != "all" || err != nil {
		t.Errorf("the file has %q, %v", got, err)
	}
	if to, err := os.Readlink(device); to != "/dev/null" || err != nil {
		t.Errorf("the device was replaced: %q, %v", to, err)
	}
	if left, err := os.ReadDir(dir); len(left) != 2 || err != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A file that could not be written leaves nothing on a disk that may be full.
func TestWriteWholeLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "name", "taken"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := WriteWhole(filepath.Join(dir, "name"), []byte("content")); err == nil {
		t.Fatal("a directory was replaced by a file")
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}
