package demo

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestDemoOnce(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var out bytes.Buffer
	if err := Run(t.Context(), &out, "v0", true); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	for _, want := range []string{
		`(?m)^  UploadUserCertificate +[0-9A-F-]{36} +[0-9.]+ ms`,
		`(?m)^  CreateLoadBalancer +[0-9A-F-]{36} +[0-9.]+ ms  lb-`,
		`(?m)^  AddBackendServers +[0-9A-F-]{36} +[0-9.]+ ms`,
		`(?m)^  CreateLoadBalancerHTTPSListener +[0-9A-F-]{36} +[0-9.]+ ms`,
		`(?m)^  StartLoadBalancerListener +[0-9A-F-]{36} +[0-9.]+ ms`,
		`curl --cacert \S+/ca.pem https://127\.\S+/`,
		`(?m)^  backend-3 +weight +50 +60 +20\.0%`,
		`SERVERID=\S+; Path=/; HttpOnly; Secure`,
		`50 of 50 requests`,
	} {
		if !regexp.MustCompile(want).Match(out.Bytes()) {
			t.Errorf("nothing matches %s in\n%s", want, &out)
		}
	}
	if strings.ContainsAny(out.String(), "\x1b\r") {
		t.Error("terminal sequences in an output that is no terminal")
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// cutWriter ends the demo once its live line was written.
type cutWriter struct {
	bytes.Buffer
	cut context.CancelFunc
}

func (w *cutWriter) Write(p []byte) (int, error) {
	if line := string(p); strings.Contains(line, "backend-1 ") && strings.Contains(line, "backend-3 ") {
		w.cut()
	}
	return w.Buffer.Write(p)
}

func TestDemoUntilCtrlC(t *testing.T) {
	ctx, cut := context.WithCancel(t.Context())
	out := &cutWriter{cut: cut}
	if err := Run(ctx, out, "v0", false); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !strings.Contains(out.String(), "backend-3 ") {
		t.Errorf("no live line in\n%s", out)
	}
}

// Two demos can run at the same time.
func TestDemosSideBySide(t *testing.T) {
	first, err := newDemo(new(bytes.Buffer), "v0")
	if err != nil {
		t.Fatal(err)
	}
	defer first.close()
	if err := first.configure(t.Context()); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := Run(t.Context(), &out, "v0", true); err != nil {
		t.Errorf("%v\n%s", err, &out)
	}
}

func TestCheckSpread(t *testing.T) {
	d := &demo{backends: []*demoBackend{{name: "a", weight: 100}, {name: "b", weight: 50}}}
	for _, tt := range []struct {
		a, b int
		fine bool
	}{{200, 100, true}, {201, 99, true}, {202, 98, false}, {300, 0, false}} {
		if err := d.checkSpread(map[string]int{"a": tt.a, "b": tt.b}); (err == nil) != tt.fine {
			t.Errorf("%d to %d: %v", tt.a, tt.b, err)
		}
	}
}
