package elbtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"elbow/internal/api"
)

// goModule compiles the Go programs as packages of one module with one main program that
// selects one of them, so that the test links once.
func (s *snippets) goModule(t *testing.T) {
	var imports, cases strings.Builder
	for _, op := range api.Operations() {
		name := strings.ToLower(op.Name)
		file := filepath.Join(s.project(op), s.language.File)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s.write(t, file, strings.NewReplacer("package main\n", "package "+name+"\n", "func main() {", "func Main() {").Replace(string(text)))
		if err := os.Rename(filepath.Join(s.project(op), "go.mod"), filepath.Join(s.dir, "go.mod")); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&imports, "\t%q\n", "calls/"+name)
		fmt.Fprintf(&cases, "\tcase %q:\n\t\t%s.Main()\n", op.Name, name)
	}
	mod, err := os.ReadFile(filepath.Join(s.dir, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	_, requires, _ := strings.Cut(string(mod), "\n")
	s.write(t, filepath.Join(s.dir, "go.mod"), "module calls\n"+requires)
	s.write(t, filepath.Join(s.dir, "main.go"), "package main\n\nimport (\n\t\"os\"\n"+imports.String()+")\n\nfunc main() {\n\tswitch os.Args[1] {\n"+cases.String()+"\t}\n}\n")
	for _, command := range [][]string{{"go", "mod", "tidy"}, {"go", "build", "-o", "call", "."}} {
		cmd := exec.Command(command[0], command[1:]...)
		cmd.Dir, cmd.Env = s.dir, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=mod")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", command, err, out)
		}
	}
	for _, op := range s.order() {
		s.check(t, op, s.run(t, op, filepath.Join(s.dir, "call"), op.Name))
	}
}

// scripts runs the TypeScript programs one after the other in one process, each with its
// environment and in its directory.
func (s *snippets) scripts(t *testing.T) {
	type job struct {
		Name, File, Dir string
		Env             map[string]string
	}
	var jobs []job
	for _, op := range s.order() {
		jobs = append(jobs, job{op.Name, filepath.Join(s.project(op), s.language.File), s.project(op), s.environment(t, op)})
	}
	text, err := json.Marshal(jobs)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(jobs[0].Dir, "package.json"), filepath.Join(s.dir, "package.json")); err != nil {
		t.Fatal(err)
	}
	s.write(t, filepath.Join(s.dir, "jobs.json"), string(text))
	s.write(t, filepath.Join(s.dir, "all.ts"), allScripts)
	for _, command := range [][]string{{"npm", "install", "--no-audit", "--no-fund"}, {"npx", "tsx", "all.ts"}} {
		cmd := exec.Command(command[0], command[1:]...)
		cmd.Dir = s.dir
		var faults bytes.Buffer
		cmd.Stderr = &faults
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %v\n%s%s", command, err, out, faults.String())
		}
		text = out
	}
	var answers map[string]string
	if err := json.Unmarshal(text, &answers); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	for _, op := range s.order() {
		s.check(t, op, answers[op.Name])
	}
}

// allScripts imports the programs, which run on import. The last action of each is to
// print its answer or its error.
const allScripts = `
const jobs = require('./jobs.json')
async function all() {
  const answers: Record<string, string> = {}
  for (const job of jobs) {
    Object.assign(process.env, job.Env)
    process.chdir(job.Dir)
    answers[job.Name] = await new Promise((done) => {
      console.log = console.error = done
      import(job.File)
    })
  }
  process.exitCode = 0 // the output shows failures
  process.stdout.write(JSON.stringify(answers))
}
all()
`

// parse parses the programs of all operations with a language's parser, in one process.
// The packages that they import are not installed.
func (s *snippets) parse(t *testing.T, command ...string) {
	for _, op := range api.Operations() {
		command = append(command, filepath.Join(s.project(op), filepath.FromSlash(s.language.File)))
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = s.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// phpParser ends with an error if a file cannot be parsed.
const phpParser = `foreach (array_slice($argv, 1) as $file) { try { token_get_all(file_get_contents($file), TOKEN_PARSE); } catch (ParseError $e) { echo "$file: $e\n"; exit(1); } }`

// arguments runs the command lines for the public cloud's program with another program in
// its place that prints its arguments: the operation, its version, this server, the access
// key from the environment, and each parameter once.
func (s *snippets) arguments(t *testing.T) {
	s.write(t, filepath.Join(s.dir, "bin", "aliyun"), "#!/bin/sh\nprintf '%s\\0' \"$@\"\n")
	if err := os.Chmod(filepath.Join(s.dir, "bin", "aliyun"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, op := range api.Operations() {
		want := map[string]string{
			"--version": op.Version, "--endpoint": s.node.API, "--mode": "AK", "--region": "local", "--insecure": "", "--force": "",
			"--access-key-id": s.client(op).AccessKeyID, "--access-key-secret": s.client(op).Secret,
		}
		for name, value := range s.params(t, op) {
			want["--"+name] = strings.TrimRight(value, "\n") // the shell's $(cat) removes trailing newlines
		}
		text := s.run(t, op, "sh", "-c", `PATH="$1:$PATH"; . "./$2"`, "sh", filepath.Join(s.dir, "bin"), s.language.File)
		args := strings.Split(strings.TrimSuffix(text, "\x00"), "\x00")
		if len(args) < 2 || args[0] != strings.ToLower(op.Product) || args[1] != op.Name {
			t.Errorf("%s: begins with %q", op.Name, args)
			continue
		}
		got := make(map[string]string)
		for i := 2; i < len(args); i++ {
			name := args[i]
			if _, twice := got[name]; twice {
				t.Errorf("%s: %s twice", op.Name, name)
			}
			got[name] = ""
			if name != "--insecure" && name != "--force" && i+1 < len(args) {
				i++
				got[name] = args[i]
			}
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", op.Name, got, want)
		}
	}
}

// javaParser parses files with the Java compiler.
const javaParser = `
import com.sun.source.util.JavacTask;
import java.io.File;
import java.util.*;
import javax.tools.*;

class Parse {
    public static void main(String[] files) throws Exception {
        var compiler = ToolProvider.getSystemJavaCompiler();
        var found = new DiagnosticCollector<JavaFileObject>();
        var manager = compiler.getStandardFileManager(found, null, null);
        var task = (JavacTask) compiler.getTask(null, manager, found, null, null, manager.getJavaFileObjects(files));
        task.parse();
        for (var d : found.getDiagnostics()) System.out.println(d);
        if (!found.getDiagnostics().isEmpty()) System.exit(1);
    }
}
`
