// Package elbtest is the whole product under test: it starts the real program
// as a process of its own, with backends, certificates and the official SDK
// around it. Its own tests are the end-to-end tests. Start reading at Start,
// then NewSite.
package elbtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
)

// binary builds the program once a process, with the race detector if the tests
// run under it, and answers its path.
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

// RemoveBinary removes what was built. A TestMain calls it last.
func RemoveBinary() {
	if path, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path)) // a leftover in the temporary directory harms nobody
	}
}

// Root is the top of the repository.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}
