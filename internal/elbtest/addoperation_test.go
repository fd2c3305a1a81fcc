package elbtest

import (
	"encoding/json"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"elbow/internal/api"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
)

// The operation that CONTRIBUTING.md adds as an example is, with that change alone, in
// everything that is derived from the table of operations.
func TestAddAnOperation(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program again")
	}
	t.Parallel()
	overlay := contributedChange(t)
	program := filepath.Join(t.TempDir(), "elbow")
	goTool(t, "build", "-overlay", overlay, "-o", program, "./cmd/elbow")
	goTool(t, "vet", "-overlay", overlay, "./internal/elbtest", "./internal/console")
	goTool(t, "test", "-overlay", overlay, "-count=1", "-run", "Operation|Observed|Kinds|Stops", "./internal/api")

	n := Start(t, Options{Binary: program})
	c := newTerminal(t, n)
	run := func(t *testing.T, args ...string) string {
		t.Helper()
		out, failed := c.run(t, "", args...)
		if failed != "" {
			t.Fatalf("elbow %s: %s", strings.Join(args, " "), failed)
		}
		return out
	}
	for _, user := range []string{"alice", "bob"} {
		run(t, "call", "CreateUser", "--UserName", user)
	}
	t.Run("command line", func(t *testing.T) {
		contains(t, run(t, "call", "--help"), "NoteUser", "Adds to the comments of a user")
		contains(t, run(t, "call", "NoteUser", "--help"), "RAM action: ram:NoteUser", "--Note", "string of 1 to 32 characters", "--Note 'on leave'")
		contains(t, run(t, "__complete", "call", "NoteUser", "--UserName", ""), "alice", "bob")
		contains(t, run(t, "call", "NoteUser", "--UserName", "alice", "--Note", "away", "--wait", "User.Comments=away"), `"Comments": "away"`)
	})
	t.Run("documents", func(t *testing.T) {
		contains(t, run(t, "docs"), "### NoteUser", "What is added.")
		man := t.TempDir()
		run(t, "docs", "--man", man)
		contains(t, allText(t, man), "NoteUser", "What is added.")
		var document struct {
			Paths map[string]struct {
				Post struct{ OperationID, Summary string }
			}
		}
		if err := json.Unmarshal([]byte(run(t, "docs", "--openapi", "https://elbow.test")), &document); err != nil {
			t.Fatal(err)
		}
		if got := document.Paths["/#NoteUser"].Post; got.OperationID != "NoteUser" || got.Summary != "Adds to the comments of a user." {
			t.Errorf("OpenAPI: %+v", got)
		}
	})
	t.Run("console", func(t *testing.T) {
		v := newVisitor(t, n)
		if at, _ := v.signIn("key", n.AccessKeyID, n.Secret); at != "/console/" {
			t.Fatalf("signed in, and led to %s", at)
		}
		_, _, list := v.get("explorer?q=note")
		contains(t, list, "/console/explorer/NoteUser")
		_, _, page := v.get("explorer/NoteUser")
		contains(t, page, "ram:NoteUser", `id="p-Note"`, "What is added.", "EntityNotExist.User")
		_, _, ran := v.post("explorer/NoteUser/run", url.Values{"UserName": {"bob"}, "Note": {"by the console"}})
		contains(t, ran, "RequestId", "elbow call NoteUser", "aliyun ram NoteUser", "request.ApiName = &#34;NoteUser&#34;", "by the console")
		contains(t, run(t, "call", "GetUser", "--UserName", "bob"), "by the console")
		_, _, tester := v.get("policies/tester")
		contains(t, tester, "ram:NoteUser")
	})
	t.Run("policies", func(t *testing.T) {
		document := `{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:NoteUser","Resource":"acs:ram:*:*:user/alice"}]}`
		clerk := user(t, n, "clerk", "Custom", "notes", document)
		for name, want := range map[string]string{"alice": "", "bob": "NoPermission"} {
			request := requests.NewCommonRequest() // the SDK does not have the operation
			request.Domain, request.Version, request.ApiName, request.Scheme = n.API, api.RamVersion, "NoteUser", "http"
			request.QueryParams = map[string]string{"UserName": name, "Note": "x"}
			_, err := clerk.RAM.ProcessCommonRequest(request)
			if got := Code(err); got != want {
				t.Errorf("note about %s: got %q (%v), want %q", name, got, err, want)
			}
		}
	})
	log, err := os.ReadFile(filepath.Join(n.Data(), "audit.log"))
	if err != nil {
		t.Fatal(err)
	}
	contains(t, string(log), `"action":"NoteUser","params":{"Note":"away","UserName":"alice"}`)
}

// contributedChange applies the diff of CONTRIBUTING.md to copies of the files that it
// names, and returns an overlay with which the go command uses them.
func contributedChange(t *testing.T) (overlay string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(Root(), "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("(?s)```diff\n(.*?)```").FindSubmatch(text)
	if m == nil {
		t.Fatal("CONTRIBUTING.md has no diff")
	}
	dir := t.TempDir()
	replace := make(map[string]string)
	for _, f := range regexp.MustCompile(`(?m)^\+\+\+ b/(.*)$`).FindAllSubmatch(m[1], -1) {
		from, to := filepath.Join(Root(), string(f[1])), filepath.Join(dir, string(f[1]))
		source, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, source, 0o644); err != nil {
			t.Fatal(err)
		}
		replace[from] = to
	}
	// One line of context is enough: the lines around change more often than those in the
	// diff.
	apply := exec.Command("git", "apply", "-C1", "--ignore-whitespace", "-")
	apply.Dir, apply.Stdin = dir, strings.NewReader(string(m[1]))
	apply.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))
	if out, err := apply.CombinedOutput(); err != nil {
		t.Fatalf("the diff of CONTRIBUTING.md does not apply: %v\n%s", err, out)
	}
	overlay = filepath.Join(dir, "overlay.json")
	j, _ := json.Marshal(map[string]any{"Replace": replace}) // strings can always be marshalled
	if err := os.WriteFile(overlay, j, 0o644); err != nil {
		t.Fatal(err)
	}
	return overlay
}

func goTool(t *testing.T, args ...string) {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = Root()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in %.200q", part, text)
		}
	}
}

// allText returns the text of the files of a directory as roff writes it, without escaped
// hyphens.
func allText(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, path))
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(all.String(), `\-`, "-")
}
