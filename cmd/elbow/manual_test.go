package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"elbow/internal/api"
	"elbow/internal/docs"
)

// There is a page for each subcommand with all its flags, also for those that package flag
// parses, and one for each operation with its parameters.
func TestManual(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "man")
	if err := docs.WriteManual(newRootCommand(), dir, "v0"); err != nil {
		t.Fatal(err)
	}
	page := func(name string) string {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(dir, name+".1"))
		if err != nil {
			t.Fatal(err)
		}
		return strings.ReplaceAll(string(text), `\-`, "-")
	}
	has := func(name string, words ...string) {
		t.Helper()
		text := page(name)
		for _, w := range words {
			if !strings.Contains(text, w) {
				t.Errorf("%s(1) has no %q", name, w)
			}
		}
	}
	has("elbow", "elbow-serve(1)", "elbow-apply(1)")
	has("elbow-serve", "root-credentials", "--takeover", "--max-connections", "--print-config")
	has("elbow-demo", "--once")
	has("elbow-top", "SYNOPSIS")
	for _, op := range api.Operations() {
		for _, r := range op.New().Params() {
			has("elbow-call-"+op.Name, "--"+r.Name)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "elbow-docs.1")); err == nil {
		t.Error("a page for a command that is hidden")
	}
}
