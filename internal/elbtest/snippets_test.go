package elbtest

import (
	"archive/zip"
	"cmp"
	"encoding/json"
	"flag"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"elbow/internal/api"
	"elbow/internal/rpc"
	"elbow/internal/snippet"
)

var snippetsOf = flag.String("snippets", "", "the `program` whose Explorer's code is run, as make snippets gives it")

// The code that the Explorer shows works: for every operation the project is downloaded
// and run against the server.
func TestSnippets(t *testing.T) {
	if *snippetsOf == "" {
		t.Skip("no -snippets: make snippets installs what this takes")
	}
	for _, language := range snippet.Languages {
		t.Run(language.ID, func(t *testing.T) {
			t.Parallel()
			s := &snippets{world: newWorldOn(t, Options{Binary: *snippetsOf}), language: language, dir: t.TempDir()}
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
			case "aliyun":
				s.arguments(t)
			case "python":
				s.parse(t, "python3", "-m", "py_compile")
			case "php":
				s.parse(t, "php", "-r", phpParser, "--")
			case "java":
				s.write(t, filepath.Join(s.dir, "Parse.java"), javaParser)
				s.parse(t, "java", "Parse.java")
			default:
				t.Error("nothing runs or parses this language")
			}
		})
	}
}

// snippets are the projects of all operations in one language, and the server that they
// call.
type snippets struct {
	*world
	language snippet.Language
	dir      string
}

// order returns the operations in an order in which all of them succeed in one world:
// those that only read first, those that delete last.
func (s *snippets) order() []*api.Operation {
	ranks := []string{"get", "list", "create", "update", "delete"}
	ops := slices.Clone(api.Operations())
	rank := func(op *api.Operation) int {
		if op.Name == "DeleteLoadBalancer" { // with a listener, which another operation deletes
			return len(ranks)
		}
		return slices.Index(ranks, op.Access)
	}
	slices.SortStableFunc(ops, func(a, b *api.Operation) int { return cmp.Compare(rank(a), rank(b)) })
	return ops
}

// params returns the parameters of a valid call. A call that renames or deletes a resource
// uses one that no other call needs, and each listener has a port of its own.
func (s *snippets) params(t *testing.T, op *api.Operation) map[string]string {
	params := s.valid(t, op.Name)
	maps.Copy(params, map[string]map[string]string{
		"CreateLoadBalancerHTTPListener": {"ListenerPort": "9080"},
		"CreateLoadBalancerTCPListener":  {"ListenerPort": "9081"},
		"UpdateUser":                     {"UserName": "dave", "NewUserName": "dave-b"}, // from CreateUser
		"UpdateGroup":                    {"GroupName": "new"},                          // from CreateGroup
		"ReleaseInstance":                {"InstanceId": s.inactive},
		"DeleteEip":                      {"InstanceId": s.usedEIP}, // after UnAssociateEnsEipAddress
		"DeletePolicy":                   {"PolicyName": "new"},
		"DeletePolicyVersion":            {"VersionId": "v1"},      // SetDefaultPolicyVersion sets v2
		"DeleteGroup":                    {"GroupName": "renamed"}, // by UpdateGroup
	}[op.Name])
	return params
}

// form returns the fields of the Explorer's form for these parameters.
func (s *snippets) form(op *api.Operation, params map[string]string) url.Values {
	form := url.Values{"language": {s.language.ID}}
	for _, row := range op.New().Params() {
		if row.Var.Shape().Type == api.List {
			form.Set(row.Name, strings.Join(row.Listed(params), "\n"))
		} else if value, ok := params[row.Name]; ok {
			form.Set(row.Name, value)
		}
	}
	return form
}

// client returns the client with whose key an operation is called.
func (s *snippets) client(op *api.Operation) *rpc.Client { return s.by(op.Name) }

// project returns the directory of the project of an operation.
func (s *snippets) project(op *api.Operation) string {
	return filepath.Join(s.dir, strings.ToLower(op.Name))
}

// download signs in to the console and downloads the projects of all operations. It
// replaces the placeholders in files.
func (s *snippets) download(t *testing.T) {
	t.Helper()
	v := newVisitor(t, s.node)
	if at, _ := v.signIn("key", s.node.AccessKeyID, s.node.Secret); at != "/console/" {
		t.Fatalf("signed in, and led to %s", at)
	}
	for _, op := range api.Operations() {
		params := s.params(t, op)
		status, _, archive := v.post("explorer/"+op.Name+"/project", s.form(op, params))
		if status != http.StatusOK {
			t.Fatalf("%s: %d %s", op.Name, status, archive)
		}
		s.unpack(t, op, archive)
		for name, value := range params {
			file := filepath.Join(s.project(op), strings.ToLower(name)+".pem")
			if _, err := os.Stat(file); err == nil {
				s.write(t, file, value)
			}
		}
	}
}

func (s *snippets) unpack(t *testing.T, op *api.Operation, text string) {
	t.Helper()
	archive, err := zip.NewReader(strings.NewReader(text), int64(len(text)))
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

// environment returns the environment of the programs: the access key and the secret
// parameters.
func (s *snippets) environment(t *testing.T, op *api.Operation) map[string]string {
	env := map[string]string{"ALIBABA_CLOUD_ACCESS_KEY_ID": s.client(op).AccessKeyID, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": s.client(op).Secret}
	params := s.params(t, op)
	for _, row := range op.New().Params() {
		if row.Secret {
			env[strings.ToUpper(row.Name)] = params[row.Name]
		}
	}
	return env
}

// run runs a command in the project of an operation and returns its output.
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

// check fails unless text is the answer of a call that succeeded.
func (s *snippets) check(t *testing.T, op *api.Operation, text string) {
	t.Helper()
	var answer struct {
		RequestID string
		Code      any // a string in errors only
	}
	err := json.Unmarshal([]byte(text), &answer)
	if _, refused := answer.Code.(string); err != nil || answer.RequestID == "" || refused {
		t.Errorf("%s: no answer of a call that is done: %v\n%s", op.Name, err, text)
	}
}
