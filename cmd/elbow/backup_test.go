package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A directory that is not a node's, for example a misspelt one or the default in another
// working directory, gives an error, and is not changed.
func TestBackupOfNothing(t *testing.T) {
	dir := t.TempDir()
	for _, data := range []string{filepath.Join(dir, "absent"), dir, "/proc/version"} {
		to := filepath.Join(t.TempDir(), "backup")
		_, err := execute(t, "backup", "--data", data, to)
		if err == nil || !strings.Contains(err.Error(), data) {
			t.Errorf("%s: got %v, want an error that names it", data, err)
		}
		if _, err := os.Stat(to); err == nil {
			t.Errorf("%s: there is a backup", data)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}
