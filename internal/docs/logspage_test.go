package docs

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"elbow/internal/accesslog"
	"elbow/internal/gateway"
)

const logsHead = "# The logs\n" + `
The tables of this page are made from the code by ` + "`make docs`" + `; a test fails when they are not those of the code.

There are three logs, each of them JSON, one object a line:

| log | has | goes to |
|---|---|---|
| the log | what changed, and what a person should look at | standard error; to a terminal as text |
| the access log | every exchange with a client | ` + "`-access-log`" + `, off by default |
| the audit log | every call of the API, by a key or at the console | ` + "`-audit-log`" + `, ` + "`audit.log`" + ` in the data directory by default |

What they have in common: durations are **seconds**, with a fraction of six digits, as in the metrics; times are UTC, to
the millisecond; sizes are bytes. The text of a terminal is for people: durations have their unit there.
` + "`jq -r 'select(.took > 1) | [.time, .path, .took] | @tsv' access.log`" + ` lists requests of over a second.

The files are appended to; SIGHUP opens them anew, for logrotate. A disk or a reader that does not take the lines costs
lines and never requests: those that were lost are counted in the metrics and told in the log. What strangers cause comes in bounded numbers: in the
log a line with the field ` + "`left_out`" + ` says how many of its kind were not written before it.
`

// logKeys says what the fields of the log mean. A field that is not here fails the
// test.
var logKeys = map[string]string{
	"protocol": "of the listener: https, http, tcp or udp; http for the redirect of an HTTPS listener",
	"action":   "operation of the API", "address": "IP address and port", "admin": "URL of metrics and health", "after": "size afterwards, in bytes",
	"api": "URL of the API", "as": "new name of a file", "at": "when the validity ended or begins", "backend": "ServerId, or ServerId:Port", "before": "size before, in bytes",
	"beyond": "how many were refused", "by": "process id of the newer process", "bytes": "size", "certificate": "CertId", "client": "address that something came from",
	"console": "URL of the console", "day": "day of the history", "days": "days that there are", "disk": "free bytes of the disk",
	"documents": "how many there are in the backup", "draining": "processes that still drain", "err": "what went wrong",
	"failing": "whether, or how many", "file": "name of a file", "lb": "LoadBalancerId", "limit": "the most that there may be", "lines": "how many lines",
	"listener": "port of a listener, or its address", "listeners": "how many there are", "made": "when the backup was made", "name": "as given at the sign-in",
	"path": "file, or page of the console", "pid": "process id", "reason": "why", "refused": "how many connections or requests", "retry_in": "seconds until the next try", "request_id": "RequestId of a call",
	"rev": "revision of the store", "segment": "file of the history", "signal": "that the process got", "size": "bytes that the store uses",
	"sockets": "how many were handed over", "source": "address of the visitor", "stack": "where it happened, for a report", "took": "seconds",
	"total": "connections of all listeners", "total_limit": "the most that they may have", "page": "template of a page", "code": "of an error of the API",
	"until": "before which hour", "need": "the limit that would do", "advice": "what to set", "tries": "how many it took", "version": "of the program",
}

// A message is one call that logs.
type message struct {
	level, text string
	keys        []string
}

// A pkg is the files of a directory that are no tests.
type pkg []*ast.File

// logMessages are all messages of the program.
func logMessages(t *testing.T) []message {
	t.Helper()
	packages := make(map[string]pkg)
	for _, root := range []string{"../../cmd/elbow", "../../internal"} {
		err := filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "/elbtest/") {
				return err
			}
			f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			packages[filepath.Dir(path)] = append(packages[filepath.Dir(path)], f)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var all []message
	for dir, files := range packages {
		for _, f := range files {
			for _, decl := range f.Decls {
				if fn, ok := decl.(*ast.FuncDecl); ok {
					all = append(all, messagesOf(t, dir, files, fn)...)
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b message) int {
		return cmp.Or(strings.Compare(a.text, b.text), strings.Compare(a.level, b.level), slices.Compare(a.keys, b.keys))
	})
	return slices.CompactFunc(all, func(a, b message) bool {
		return a.text == b.text && a.level == b.level && slices.Equal(a.keys, b.keys)
	})
}

// messagesOf are the messages that a function logs. With what With added in the
// same function.
func messagesOf(t *testing.T, dir string, files pkg, fn *ast.FuncDecl) (all []message) {
	var with []string
	ast.Inspect(fn, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) == 0 {
			return true
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || !isLog(sel.X) {
			return true
		}
		switch sel.Sel.Name {
		case "With":
			with = append(with, keysIn(call.Args)...)
		case "Debug", "Info", "Warn", "Error":
			for _, text := range textsOf(files, fn, call.Args[0]) {
				all = append(all, message{sel.Sel.Name, text, slices.Concat(with, keysIn(call.Args[1:]))})
			}
			if len(textsOf(files, fn, call.Args[0])) == 0 {
				t.Errorf("%s: %s logs a message that is no constant", dir, fn.Name.Name)
			}
		}
		return true
	})
	return all
}

// isLog reports whether an expression is a logger, by its name.
func isLog(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.Ident:
		return x.Name == "slog" || strings.HasSuffix(strings.ToLower(x.Name), "log")
	case *ast.SelectorExpr:
		return strings.HasSuffix(strings.ToLower(x.Sel.Name), "log")
	}
	return false
}

// textsOf are the texts that a message may be: a constant, or what the package
// calls the function with if it is a parameter.
func textsOf(files pkg, fn *ast.FuncDecl, x ast.Expr) (all []string) {
	if text, ok := literal(x); ok {
		return []string{text}
	}
	name, ok := x.(*ast.Ident)
	at := 0
	for _, p := range fn.Type.Params.List {
		for _, one := range p.Names {
			if !ok || one.Name != name.Name {
				at++
				continue
			}
			for _, f := range files {
				ast.Inspect(f, func(n ast.Node) bool {
					call, ok := n.(*ast.CallExpr)
					if ok && calls(call, fn.Name.Name) && len(call.Args) > at {
						if text, ok := literal(call.Args[at]); ok {
							all = append(all, text)
						}
					}
					return true
				})
			}
			return all
		}
	}
	return all
}

func calls(call *ast.CallExpr, name string) bool {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name == name
	case *ast.SelectorExpr:
		return f.Sel.Name == name
	}
	return false
}

func literal(x ast.Expr) (string, bool) {
	lit, ok := x.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}

// keysIn are the names among names and values in turn, attributes among them.
func keysIn(args []ast.Expr) (keys []string) {
	for i := 0; i < len(args); i++ {
		if call, ok := args[i].(*ast.CallExpr); ok && len(call.Args) > 0 {
			if text, ok := literal(call.Args[0]); ok && isLogAttr(call) {
				keys = append(keys, text)
				continue
			}
		}
		if text, ok := literal(args[i]); ok {
			keys = append(keys, text)
			i++
		}
	}
	return keys
}

func isLogAttr(call *ast.CallExpr) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	return ok && isLog(sel.X)
}

// logsPage is docs/logs.md.
func logsPage(messages []message) string {
	b := new(strings.Builder)
	b.WriteString(logsHead)
	b.WriteString("\n## The access log\n\n| field | |\n|---|---|\n")
	for _, f := range accesslog.Fields {
		fmt.Fprintf(b, "| `%s` | %s |\n", f.Name, f.Doc)
	}
	b.WriteString("\nTCP connections and UDP sessions have lines of their own:\n\n| field | |\n|---|---|\n")
	for _, f := range accesslog.ConnectionFields {
		fmt.Fprintf(b, "| `%s` | %s |\n", f.Name, f.Doc)
	}
	b.WriteString("\n## The audit log\n\n| field | |\n|---|---|\n")
	for _, f := range gateway.AuditFields {
		fmt.Fprintf(b, "| `%s` | %s |\n", f.Name, f.Doc)
	}
	b.WriteString("\n## The log\n\n`time`, `level` and `msg` are in every line. ERROR: a person must act; WARN: handled, but worse than before;\n" +
		"INFO: something changed; DEBUG is not written. What stays so is told once. Lines that begin with `etcd:` are the store's.\n\n")
	b.WriteString("| level | msg | fields |\n|---|---|---|\n")
	used := make(map[string]bool)
	for _, m := range messages {
		if m.level == "Debug" {
			continue
		}
		for _, k := range m.keys {
			used[k] = true
		}
		fields := "–"
		if len(m.keys) > 0 {
			fields = "`" + strings.Join(m.keys, "`, `") + "`"
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", strings.ToUpper(m.level), m.text, fields)
	}
	b.WriteString("\n| field | |\n|---|---|\n")
	for _, key := range slices.Sorted(maps.Keys(logKeys)) {
		if used[key] {
			fmt.Fprintf(b, "| `%s` | %s |\n", key, logKeys[key])
		}
	}
	return b.String()
}

// docs/logs.md has every message and every field of the logs, and each field is
// explained.
func TestLogsPageIsCurrent(t *testing.T) {
	messages := logMessages(t)
	if len(messages) < 60 {
		t.Fatalf("only %d messages are found", len(messages))
	}
	used := make(map[string]bool)
	for _, m := range messages {
		for i, key := range m.keys {
			used[key] = true
			if logKeys[key] == "" && m.level != "Debug" {
				t.Errorf("the message %q has the field %s, which logKeys does not explain", m.text, key)
			}
			if key == "time" || key == "level" || key == "msg" || slices.Contains(m.keys[:i], key) {
				t.Errorf("the message %q has the field %s twice", m.text, key)
			}
		}
	}
	for key := range logKeys {
		if !used[key] {
			t.Errorf("logKeys explains %s, which no message has", key)
		}
	}
	const path = "../../docs/logs.md"
	want := logsPage(messages)
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/logs.md is stale: run make docs")
	}
}
