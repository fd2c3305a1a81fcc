package elbtest

import (
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// shellBlock matches a block of commands in a document.
var shellBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")

// The commands of the README succeed in order in one shell.
func TestReadmeCommands(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "example"), "./docs/examples/https-listener")
	build.Dir = Root()
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out := runCommands(t, dir, strings.NewReplacer(
		"bin/elbow", "elbow",
		"go run ./docs/examples/https-listener", "./example", // the name of dir may have the digits of a port
	).Replace(commands(t, "README.md")))
	for _, want := range []string{"\na\n", `"Status":"running"`, `"ListenerPort":"9443"`} {
		if !strings.Contains(out, want) {
			t.Errorf("the output has no %q:\n%s", want, out)
		}
	}
}

// The commands of the tutorial succeed, and those of each page that continues it.
func TestTutorialCommands(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob(filepath.Join(Root(), "docs", "howto", "*.md"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("%d pages: %v", len(pages), err)
	}
	tutorial := commands(t, filepath.Join("docs", "tutorial.md"))
	for _, page := range pages {
		name := filepath.Base(page)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := runCommands(t, t.TempDir(), tutorial+commands(t, filepath.Join("docs", "howto", name)))
			if !strings.Contains(out, "\na\n") || !strings.Contains(out, "\nb\n") {
				t.Errorf("not both backends have answered:\n%s", out)
			}
		})
	}
}

// The pages succeed one after the other in the order of their list, which is the order in
// which they are read. Every page is in the list.
func TestHowToPagesInOrder(t *testing.T) {
	t.Parallel()
	list := document(t, filepath.Join("docs", "howto", "README.md"))
	script := commands(t, filepath.Join("docs", "tutorial.md"))
	listed := make(map[string]bool)
	for _, m := range regexp.MustCompile(`\]\(([a-z0-9-]+\.md)\)`).FindAllStringSubmatch(list, -1) {
		listed[m[1]] = true
		script += "echo; echo '== " + m[1] + "'\n" + commands(t, filepath.Join("docs", "howto", m[1]))
	}
	pages, err := filepath.Glob(filepath.Join(Root(), "docs", "howto", "*.md"))
	if err != nil || len(pages) != len(listed)+1 {
		t.Errorf("%d pages, %d of them in the list, %v", len(pages), len(listed), err)
	}
	out := runCommands(t, t.TempDir(), script)
	for page := range listed {
		if !strings.Contains(out, "== "+page+"\n") {
			t.Errorf("%s was not reached:\n%s", page, out)
		}
	}
}

// commands returns the commands of a document in order.
func commands(t *testing.T, name string) string {
	t.Helper()
	var script strings.Builder
	for _, block := range shellBlock.FindAllStringSubmatch(document(t, name), -1) {
		script.WriteString(block[1])
	}
	return script.String()
}

// runCommands runs a script in a shell in dir and returns its output. Only ports and
// addresses are replaced, because other programs on this machine may use them, and the
// backends of the tutorial are waited for.
func runCommands(t *testing.T, dir, script string) string {
	t.Helper()
	for _, tool := range []string{"bash", "curl", "openssl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the commands of the documents need %s: %v", tool, err)
		}
	}
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	a, b := NewBackend(t, "a"), NewBackend(t, "b")
	api := FreeAddress(t, "127.0.0.1")
	vswitch, pool := netip.MustParsePrefix(freeVSwitch()), netip.MustParsePrefix(freeVSwitch())
	script = strings.NewReplacer(
		"elbow apply -f site.yaml --yes\n", "elbow apply -f site.yaml --yes\n"+bothHealthy,
		"elbow serve", "elbow serve -admin off -api "+api+" -vswitch "+vswitch.String(),
		"127.0.0.1:8095", api,
		"127.8.0.1", vswitch.Addr().Next().String(),
		"127.9.0.0/20", pool.String(),
		"127.9.0.1", pool.Addr().Next().String(),
		"127.10.0.0/20", freeVSwitch(),
		"9001", a.Port(),
		"9002", b.Port(),
	).Replace(script)

	cmd := exec.Command("bash", "-c", "set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n"+script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "ELBOW_ENDPOINT=http://"+api, "PATH="+filepath.Dir(program)+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// bothHealthy waits until both backends of the tutorial have passed their first health
// check: until then the one that passed it first answers every request.
const bothHealthy = `elbow call DescribeLoadBalancerHTTPSListenerAttribute --ListenerPort 8443 \
	--LoadBalancerId "$(elbow call DescribeLoadBalancers --query 'LoadBalancers.LoadBalancer[0].LoadBalancerId' | tr -d '"')" \
	--wait "length(BackendHealth[?HealthStatus=='healthy'])=2" --query BackendHealth
`

// The program in the README is equal to the one that is compiled.
func TestReadmeProgram(t *testing.T) {
	program, err := os.ReadFile(filepath.Join(Root(), "docs", "examples", "https-listener", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(document(t, "README.md"), "```go\n"+string(program)+"```\n") {
		t.Error("README.md does not show docs/examples/https-listener/main.go as it is")
	}
}

// The links of documents lead to existing files.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([\w./-]+)(#[^)]*)?\)`)
	documents, err := filepath.Glob(filepath.Join(Root(), "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"docs", filepath.Join("docs", "howto")} {
		more, err := filepath.Glob(filepath.Join(Root(), dir, "*.md"))
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, more...)
	}
	for _, path := range documents {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), m[1])); err != nil {
				t.Errorf("%s links to %s: %v", filepath.Base(path), m[1], err)
			}
		}
	}
}

// document returns the text of a file at the top of the repository.
func document(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(Root(), name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
