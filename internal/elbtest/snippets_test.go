package elbtest

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"elbow/internal/api"
	"elbow/internal/rpc"
	"elbow/internal/snippet"
)

// The code that the Explorer shows does what it says: for every operation the
// project is downloaded and run against the server. SNIPPETS is a directory for
// the projects; `make snippets` sets it and installs what they need.
func TestSnippets(t *testing.T) {
	dir := os.Getenv("SNIPPETS")
	if dir == "" {
		t.Skip("SNIPPETS is not set; make snippets does it")
	}
	for _, language := range snippet.Languages {
		t.Run(language.ID, func(t *testing.T) {
			s := &snippets{world: newWorldOn(t, Options{Binary: filepath.Join(filepath.Dir(dir), "elbow")}), language: language, dir: filepath.Join(dir, language.ID)}
			s.download(t)
			switch language.ID {
			case "go", "go-darabonba":
				s.goModule(t)
			case "typescript":
				s.scripts(t)
			case "elbow", "curl":
				for _, op := range s.order() {
					s.check(t, op, s.run(t, op, "sh", language.File))
				}
			case "aliyun": // its program is not there; that it gets its arguments has a test of its own
				s.parse(t, "sh", "-n")
			case "python":
				s.parse(t, "python3", "-m", "py_compile")
			case "php":
				s.parse(t, "php", "-l")
			case "java":
				s.java(t)
			}
		})
	}
}

// snippets are the projects of all operations in one language, and the server
// that they call.
type snippets struct {
	*world
	language snippet.Language
	dir      string
}

// order has the operations in an order in which all of them succeed in one
// world: those that only read first, those that delete last.
func (s *snippets) order() []*api.Operation {
	ranks := []string{"get", "list", "create", "update", "delete"}
	ops := slices.Clone(api.Operations())
	rank := func(op *api.Operation) int {
		if op.Name == "DeleteLoadBalancer" { // with the listener that another one deletes
			return len(ranks)
		}
		return slices.Index(ranks, op.Access)
	}
	slices.SortStableFunc(ops, func(a, b *api.Operation) int { return cmp.Compare(rank(a), rank(b)) })
	return ops
}

// params are those of a valid call; what another call has used up or needs is
// exchanged.
func (s *snippets) params(t *testing.T, op *api.Operation) map[string]string {
	params := s.valid(t, op.Name)
	switch op.Name {
	case "ReleaseInstance":
		params["InstanceId"] = s.inactive
	case "DeletePolicy":
		params["PolicyName"] = "new"
	}
	return params
}

// client is whose key an operation is called with.
func (s *snippets) client(op *api.Operation) *rpc.Client { return s.by(op.Name) }

// project is the directory of the project of an operation.
func (s *snippets) project(op *api.Operation) string {
	return filepath.Join(s.dir, strings.ToLower(op.Name))
}

// download signs in to the console and takes the projects of all operations. The
// placeholders of files are replaced by what belongs there.
func (s *snippets) download(t *testing.T) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	console := "http://" + s.node.API + "/console/"
	token := tokenIn(t, browser, console+"signin")
	post(t, browser, console+"signin", url.Values{"csrf": {token}, "name": {s.node.AccessKeyID}, "secret": {s.node.Secret}})
	token = tokenIn(t, browser, console)
	for _, op := range api.Operations() {
		params := s.params(t, op)
		form := url.Values{"csrf": {token}, "language": {s.language.ID}}
		for name, value := range params {
			form.Set(name, value)
		}
		s.unpack(t, op, post(t, browser, console+"explorer/"+op.Name+"/project", form))
		for name, value := range params {
			file := filepath.Join(s.project(op), strings.ToLower(name)+".pem")
			if _, err := os.Stat(file); err == nil {
				s.write(t, file, value)
			}
		}
	}
}

var formToken = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

func tokenIn(t *testing.T, browser *http.Client, page string) string {
	t.Helper()
	res, err := browser.Get(page)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	m := formToken.FindSubmatch(text)
	if err != nil || m == nil {
		t.Fatalf("no token in %s: %v %s", page, err, text)
	}
	return string(m[1])
}

func post(t *testing.T, browser *http.Client, page string, form url.Values) []byte {
	t.Helper()
	res, err := browser.PostForm(page, form)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v %s", page, res.StatusCode, err, text)
	}
	return text
}

func (s *snippets) unpack(t *testing.T, op *api.Operation, text []byte) {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		_, name, _ := strings.Cut(f.Name, "/")
		s.write(t, filepath.Join(s.project(op), filepath.FromSlash(name)), string(content))
	}
}

func (s *snippets) write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// environment is what the programs take from it: the access key, and what is
// secret among the parameters.
func (s *snippets) environment(t *testing.T, op *api.Operation) map[string]string {
	env := map[string]string{"ALIBABA_CLOUD_ACCESS_KEY_ID": s.client(op).AccessKeyID, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": s.client(op).Secret}
	params := s.params(t, op)
	for _, row := range op.New().Params() {
		if row.Secret() {
			env[strings.ToUpper(row.Name)] = params[row.Name]
		}
	}
	return env
}

// run runs a command in the project of an operation and answers what it prints.
func (s *snippets) run(t *testing.T, op *api.Operation, command ...string) string {
	t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = s.project(op)
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(s.node.Binary)+string(filepath.ListSeparator)+os.Getenv("PATH"))
	for name, value := range s.environment(t, op) {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", op.Name, err, out)
	}
	return string(out)
}

// check fails unless a text is the answer of a call that succeeded.
func (s *snippets) check(t *testing.T, op *api.Operation, text string) {
	t.Helper()
	var answer struct {
		RequestID string
		Code      any // a text in an error alone
	}
	err := json.Unmarshal([]byte(text), &answer)
	if _, refused := answer.Code.(string); err != nil || answer.RequestID == "" || refused {
		t.Errorf("%s: no answer of a call that is done: %v\n%s", op.Name, err, text)
	}
}

// goModule compiles the Go programs as packages of one module, which a program
// of the test chooses from: one link and not one for each.
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

// scripts runs the TypeScript programs one after the other in one process, each
// with its environment and in its directory.
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

// allScripts imports the programs, which run when they are. The last that each
// does is to print its answer or its error.
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
  process.exitCode = 0 // the answers tell
  process.stdout.write(JSON.stringify(answers))
}
all()
`

// parse has a parser read the programs of all operations.
func (s *snippets) parse(t *testing.T, command ...string) {
	for _, op := range api.Operations() {
		s.run(t, op, append(slices.Clone(command), s.language.File)...)
	}
}

// java has the compiler of Java parse the programs, all in one process: what
// they import is not there.
func (s *snippets) java(t *testing.T) {
	s.write(t, filepath.Join(s.dir, "Parse.java"), javaParser)
	args := []string{filepath.Join(s.dir, "Parse.java")}
	for _, op := range api.Operations() {
		args = append(args, filepath.Join(s.project(op), filepath.FromSlash(s.language.File)))
	}
	if out, err := exec.Command("java", args...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

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
