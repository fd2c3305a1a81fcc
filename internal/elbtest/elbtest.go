// Package elbtest tests the complete product: it starts the real program as a process of
// its own, with backends, certificates and the official SDK. Its own tests are the
// end-to-end tests. Start reading at Start, then NewSite.
package elbtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
)

// binary builds the program once per process, with the race detector if the tests use it,
// and returns its path.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "elbow-test")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "elbow")
	args := []string{"build", "-o", path}
	if raceEnabled {
		args = append(args, "-race")
	}
	cmd := exec.Command("go", append(args, "./cmd/elbow")...)
	cmd.Dir = Root()
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, text)
	}
	return path, nil
})

// RemoveBinary removes the built program. A TestMain calls it last.
func RemoveBinary() {
	if path, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path)) // what remains is in the temporary directory
	}
}

// Root returns the top directory of the repository.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}
