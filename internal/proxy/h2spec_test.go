package proxy

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"elbow/internal/leak"
)

// All 145 cases of h2spec, and the strict one, pass over TLS. H2SPEC is the path of its
// program, which `make h2spec` sets.
func TestH2spec(t *testing.T) {
	leak.Check(t)
	h2spec := os.Getenv("H2SPEC")
	if h2spec == "" {
		t.Skip("H2SPEC is not set; make h2spec does it")
	}
	r := newRig(t, []string{origin(t, hello)})
	port := strconv.Itoa(int(r.lis.Addr().Port()))
	out, err := exec.CommandContext(t.Context(), h2spec, "-t", "-k", "-S", "-o", "5", "-h", "127.0.0.1", "-p", port).CombinedOutput()
	const want = "146 tests, 146 passed, 0 skipped, 0 failed"
	if err != nil || !strings.Contains(string(out), want) {
		t.Errorf("want %s; got %v\n%s", want, err, out)
	}
}
