// Package packaging tests the files for the installation of elbow: the Debian package, the
// Dockerfile, alerts and dashboard.
package packaging

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// read returns the contents of a file, by its path from the top of the repository.
func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The files that the Dockerfile copies exist and are in the build context, and it builds
// with the flags of the Makefile.
func TestDockerfile(t *testing.T) {
	ignored := "\n" + read(t, ".dockerignore")
	copied := 0
	for line := range strings.Lines(read(t, "Dockerfile")) {
		words := strings.Fields(line)
		if len(words) < 3 || words[0] != "COPY" || strings.HasPrefix(words[1], "--") {
			continue
		}
		for _, path := range words[1 : len(words)-1] {
			copied++
			if _, err := os.Stat(filepath.Join("..", path)); err != nil {
				t.Error(err)
			}
			if !strings.Contains(ignored, "\n!"+path+"\n") {
				t.Errorf(".dockerignore keeps %s from the builder", path)
			}
		}
	}
	if copied == 0 {
		t.Error("the Dockerfile copies nothing")
	}

	const flags = "-s -w -X main.version="
	if got := read(t, "Dockerfile"); !strings.Contains(got, `CGO_ENABLED=0 go build -trimpath -ldflags "`+flags+"$VERSION") {
		t.Error("the Dockerfile does not build a static, stripped program with its version")
	}
	if got := read(t, "Makefile"); !strings.Contains(got, flags+"$(VERSION)") || !strings.Contains(got, "CGO_ENABLED=0 $(GO) build -trimpath") {
		t.Error("the Makefile builds differently from the Dockerfile")
	}
	goVersion := strings.Fields(read(t, "go.mod"))[3]
	if minor := goVersion[:strings.LastIndex(goVersion, ".")]; !strings.Contains(read(t, "Dockerfile"), "FROM golang:"+minor+" AS") {
		t.Errorf("the Dockerfile does not build with Go %s, which go.mod wants", minor)
	}
}
