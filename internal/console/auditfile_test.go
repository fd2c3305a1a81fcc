package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// auditFile writes a log of n lines; the last one has no newline, as during a write.
func auditFile(t *testing.T, n int) string {
	t.Helper()
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, `{"time":"2026-11-25T10:00:00.000Z","request_id":"R%d","user":"alice","action":"Action%d","source":"127.0.0.1","status":200,"took":0.001}`+"\n", i, i%7)
	}
	text.WriteString(`{"time":"2026-11-25T10:00:`)
	path := filepath.Join(t.TempDir(), "audit.log")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func all(*auditLine) bool { return true }

// Successive pages show every line of the log once, back to its beginning.
func TestReadAuditBackwards(t *testing.T) {
	for _, n := range []int{0, 1, auditRows - 1, auditRows, auditRows + 1, 5000} {
		path := auditFile(t, n)
		want := n
		for before := int64(-1); before != 0; {
			lines, next, err := readAudit(path, before, all)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range lines {
				want--
				if l.RequestID != fmt.Sprintf("R%d", want) {
					t.Fatalf("of %d lines: got %s, want R%d", n, l.RequestID, want)
				}
			}
			before = next
		}
		if want != 0 {
			t.Errorf("of %d lines %d were not read", n, want)
		}
	}
}

func TestReadAuditFilters(t *testing.T) {
	path := auditFile(t, 5000)
	lines, _, err := readAudit(path, -1, func(l *auditLine) bool { return l.Action == "Action3" })
	if err != nil || len(lines) != auditRows || lines[0].Action != "Action3" {
		t.Errorf("%d lines, %v", len(lines), err)
	}
	if lines, next, err := readAudit(filepath.Join(t.TempDir(), "none"), -1, all); len(lines) != 0 || next != 0 || err != nil {
		t.Errorf("no file: %d lines, next %d, %v", len(lines), next, err)
	}
	if lines, _, err := readAudit(path, 1<<40, all); err != nil || len(lines) == 0 {
		t.Errorf("beyond the end: %d lines, %v", len(lines), err)
	}
}

// A page reads at most maxAuditRead, however few lines match, and the next page continues
// from there.
func TestReadAuditIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	line := `{"user":"` + strings.Repeat("x", 990) + `"}` + "\n"
	if err := os.WriteFile(path, []byte(strings.Repeat(line, 3*maxAuditRead/len(line))), 0o600); err != nil {
		t.Fatal(err)
	}
	pages := 0
	for before := int64(-1); before != 0; pages++ {
		lines, next, err := readAudit(path, before, func(*auditLine) bool { return false })
		if err != nil || len(lines) != 0 || next < 0 || before > 0 && before-next > maxAuditRead+auditBlock {
			t.Fatalf("from %d to %d: %v", before, next, err)
		}
		before = next
	}
	if pages < 3 {
		t.Errorf("%d pages", pages)
	}
	if err := os.WriteFile(path, make([]byte, 3<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := readAudit(path, -1, all); err == nil {
		t.Error("a file without lines was read to its beginning")
	}
}

func TestAuditPage(t *testing.T) {
	path := auditFile(t, 60)
	s := newSite(t, func(c *Config) { c.AuditLog = path })
	b := s.signIn(t, "root-key")
	b.get("audit").want(t, http.StatusOK, "R59", "Older")
	if got := b.get("audit?request=R7"); !strings.Contains(got.text, "1 line") || strings.Contains(got.text, "R59") {
		t.Errorf("filtered by request: %s", got.text)
	}
	b.get("audit?from=2026-11-26").want(t, http.StatusOK, "0 lines")
	s.signIn(t, "alice").get("audit").want(t, http.StatusForbidden, "actiontrail:LookupEvents")
}

// After a rotation, reading continues in the renamed file.
func TestReadAuditOverARotation(t *testing.T) {
	const lines = 2000
	text, err := os.ReadFile(auditFile(t, lines))
	if err != nil {
		t.Fatal(err)
	}
	whole := strings.SplitAfter(string(text), "\n")
	for _, moved := range []int{0, 1, 37, 1000, lines - 1, lines} {
		path := filepath.Join(t.TempDir(), "audit.log")
		for file, part := range map[string][]string{path + ".1": whole[:moved], path: whole[moved:]} {
			if err := os.WriteFile(file, []byte(strings.Join(part, "")), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want := lines
		for before := int64(-1); before != 0; {
			page, next, err := readAudit(path, before, all)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range page {
				if want--; l.RequestID != fmt.Sprintf("R%d", want) {
					t.Fatalf("%d lines moved: got %s, want R%d", moved, l.RequestID, want)
				}
			}
			before = next
		}
		if want != 0 {
			t.Errorf("%d lines moved: %d were not read", moved, want)
		}
	}
}

// The page shows changes by default: calls that the console makes by itself to read, which
// would be 50 of 50 lines, are shown on request only.
func TestAuditPageShowsChangesFirst(t *testing.T) {
	file := filepath.Join(t.TempDir(), "audit.log")
	lines := []auditLine{
		{Action: "DeleteLoadBalancer", User: "alice", Source: "r-change"},
		{Action: "DescribeLoadBalancers", User: "alice", Source: "r-read-by-key"},
		{Action: "DescribeLoadBalancers", User: "alice", Code: "NoPermission", Source: "r-refused"},
		{Action: "StopLoadBalancerListener", User: "root", Via: "console", Source: "r-change-at-console"},
		{Action: "GetCallerIdentity", User: "root", Via: "console", Source: "r-signed-in"},
		{Action: "DeleteEverything", Code: "InvalidAccessKeyId.NotFound", Source: "r-stranger"},
	}
	for range 2 * auditRows {
		lines = append(lines, auditLine{Action: "DescribeLoadBalancerAttribute", User: "root", Via: "console", Source: "r-read-by-console"})
	}
	var text strings.Builder
	for _, l := range lines {
		l.Time = time.Now()
		one, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(append(one, '\n'))
	}
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newSite(t, func(c *Config) { c.AuditLog = file })
	b := s.signIn(t, "root-key")
	for query, want := range map[string]string{
		"":                                     "r-change r-refused r-change-at-console r-signed-in",
		"?show=changes&user=alice":             "r-change r-refused",
		"?show=nonsense":                       "r-change r-refused r-change-at-console r-signed-in",
		"?show=others":                         "r-change r-read-by-key r-refused r-change-at-console r-signed-in r-stranger",
		"?show=all":                            "r-read-by-console",
		"?action=DescribeLoadBalancers":        "r-read-by-key r-refused",
		"?action=DescribeLoadBalancerAttribut": "r-read-by-console",
		"?failed=1":                            "r-refused r-stranger",
		"?show=changes&action=Describe":        "r-refused",
	} {
		got := b.get("audit" + query)
		got.want(t, http.StatusOK)
		for _, l := range lines {
			if is, should := strings.Contains(got.text, ">"+l.Source+"<"), slices.Contains(strings.Fields(want), l.Source); is != should {
				t.Errorf("%q: %s is shown %t, want %t", query, l.Source, is, should)
			}
		}
	}
}
