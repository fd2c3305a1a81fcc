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

// shellBlock is a block of commands in a document.
var shellBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")

// The commands of the README work, from top to bottom in one shell. Only what
// other programs of this machine may have is exchanged: ports and addresses.
func TestReadmeCommands(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"bash", "curl", "openssl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the README's commands need %s: %v", tool, err)
		}
	}
	text := document(t, "README.md")
	var script strings.Builder
	script.WriteString("set -euo pipefail\ntrap 'kill $(jobs -p)' EXIT\n")
	for _, block := range shellBlock.FindAllStringSubmatch(text, -1) {
		script.WriteString(block[1])
	}

	b := NewBackend(t, "a")
	api := FreeAddress(t, "127.0.0.1")
	vswitch := netip.MustParsePrefix(freeVSwitch())
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	example := filepath.Join(dir, "example")
	build := exec.Command("go", "build", "-o", example, "./docs/examples/https-listener")
	build.Dir = Root()
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	commands := strings.NewReplacer(
		"bin/elbow serve", program+" serve -admin off -api "+api+" -vswitch "+vswitch.String(),
		"bin/elbow", program,
		"go run ./docs/examples/https-listener", example,
		"127.0.0.1:8095", api,
		"127.8.0.1", vswitch.Addr().Next().String(),
		"9001", b.Port(),
	).Replace(script.String())

	cmd := exec.Command("bash", "-c", commands)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "ELBOW_ENDPOINT=http://"+api)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"\na\n", `"Status":"running"`, `"ListenerPort":"9443"`} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the output has no %q:\n%s", want, out)
		}
	}
}

// The program in the README is the one that is compiled.
func TestReadmeProgram(t *testing.T) {
	program, err := os.ReadFile(filepath.Join(Root(), "docs", "examples", "https-listener", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(document(t, "README.md"), "```go\n"+string(program)+"```\n") {
		t.Error("README.md does not show docs/examples/https-listener/main.go as it is")
	}
}

// Documents link to files that exist.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([\w./-]+)(#[^)]*)?\)`)
	documents, err := filepath.Glob(filepath.Join(Root(), "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob(filepath.Join(Root(), "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(documents, more...) {
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

// document is the text of a file at the top of the repository.
func document(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(Root(), name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
