package docs

import (
	"flag"
	"os"
	"strings"
	"testing"

	"elbow/internal/api"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// docs/api.md is up to date with the tables.
func TestReferenceIsCurrent(t *testing.T) {
	const path = "../../docs/api.md"
	want := Reference()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) == want {
		return
	}
	g, w := strings.Split(string(got), "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			t.Fatalf("docs/api.md is stale, line %d: got %q, want %q; run make docs", i+1, g[i], w[i])
		}
	}
	t.Fatalf("docs/api.md is stale: it has %d lines, want %d; run make docs", len(g), len(w))
}

// Each operation has a section with a line for each parameter.
func TestReferenceIsComplete(t *testing.T) {
	doc := Reference()
	for _, op := range api.Operations() {
		_, section, found := strings.Cut(doc, "\n### "+op.Name+"\n")
		if !found {
			t.Errorf("no section %s", op.Name)
			continue
		}
		section, _, _ = strings.Cut(section, "\n### ")
		for _, r := range op.New().Params() {
			if !strings.Contains(section, "\n| `"+r.Name) {
				t.Errorf("%s: no line for %s", op.Name, r.Name)
			}
		}
	}
}
