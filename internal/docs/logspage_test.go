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
The tables of this page are generated from the code by ` + "`make docs`" + `; a test fails when they differ from it.

There are three logs in JSON, one object per line:

| log | contents | destination |
|---|---|---|
| the log | changes, and conditions that need attention | standard error; on a terminal as text |
| the access log | every HTTP exchange, TCP connection and UDP session | ` + "`-access-log`" + `, off by default |
| the audit log | every API call, signed or from the console | ` + "`-audit-log`" + `, ` + "`audit.log`" + ` in the data directory by default |

In all of them durations are in **seconds**, with six decimal places, as in the metrics; times are UTC, with
milliseconds; sizes are in bytes. On a terminal durations have a unit.
` + "`jq -r 'select(.took > 1) | [.time, .path, .took] | @tsv' access.log`" + ` lists requests that took more than a second.

Files are opened for appending; SIGHUP reopens them, for logrotate. If a disk or a reader is too slow, lines are dropped and
requests do not wait: the metrics count dropped lines, and the log reports them. The number of lines that unauthenticated
clients can cause is limited: the field ` + "`left_out`" + ` of a line in the log has the number of lines of its kind that were not written before it.
`

// logKeys describes the fields of the log. A field that is missing here fails the test.
var logKeys = map[string]string{
	"protocol": "of the listener: https, http, tcp or udp; http for the redirect of an HTTPS listener",
	"action":   "operation of the API", "address": "IP address and port", "addresses": "addresses of a domain name that are in use", "admin": "URL of metrics and health", "after": "size afterwards, in bytes",
	"api": "URL of the API", "as": "new name of a file", "at": "when the validity ended or begins", "backend": "ServerId, or ServerId:Port", "before": "size before, in bytes",
	"beyond": "number of refused connections", "by": "process id of the new process", "bytes": "size", "certificate": "CertId", "client": "address of the client",
	"console": "URL of the console", "day": "day of the history", "days": "number of days", "disk": "free bytes of the disk",
	"documents": "number of documents in the backup", "draining": "number of processes that still drain", "err": "error",
	"failing": "number of failing ones, or whether it fails", "file": "name of a file", "lb": "LoadBalancerId", "limit": "limit that applies", "lines": "number of lines",
	"listener": "port of a listener, or its address", "listeners": "number of listeners", "made": "time of the backup", "name": "as given at the sign-in, or a domain name",
	"path": "file, or page of the console", "pid": "process id", "reason": "why", "refused": "number of connections or requests", "retry_in": "seconds until the next try", "request_id": "RequestId of a call",
	"rev": "revision of the store", "segment": "file of the history", "signal": "signal that the process received", "size": "size of the store in bytes",
	"sockets": "number of sockets handed over", "source": "address of the visitor", "stack": "stack trace, for a bug report", "took": "seconds",
	"total": "connections of all listeners", "total_limit": "limit for all listeners", "page": "template of a page", "code": "error code of the API",
	"until": "before which hour", "need": "limit that is needed", "advice": "settings to change", "tries": "number of tries", "version": "version of the program",
}

// A message is one call of a logger.
type message struct {
	level, text string
	keys        []string
}

// A pkg holds the files of a directory without its tests.
type pkg []*ast.File

// logMessages returns all messages of the program.
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

// messagesOf returns the messages that a function logs, including fields that With added
// in the same function.
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

// textsOf returns the possible texts of a message: a constant or, if it is a parameter,
// the arguments with which the package calls the function.
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

// keysIn returns the names in a list of alternating names and values, which may contain
// attributes.
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

// logsPage returns the contents of docs/logs.md.
func logsPage(messages []message) string {
	b := new(strings.Builder)
	b.WriteString(logsHead)
	b.WriteString("\n## The access log\n\n| field | |\n|---|---|\n")
	for _, f := range accesslog.Fields {
		fmt.Fprintf(b, "| `%s` | %s |\n", f.Name, f.Doc)
	}
	b.WriteString("\nTCP connections and UDP sessions have lines with other fields:\n\n| field | |\n|---|---|\n")
	for _, f := range accesslog.ConnectionFields {
		fmt.Fprintf(b, "| `%s` | %s |\n", f.Name, f.Doc)
	}
	b.WriteString("\n## The audit log\n\n| field | |\n|---|---|\n")
	for _, f := range gateway.AuditFields {
		fmt.Fprintf(b, "| `%s` | %s |\n", f.Name, f.Doc)
	}
	b.WriteString("\n## The log\n\n`time`, `level` and `msg` are in every line. ERROR: an operator must act; WARN: handled, but with degraded\n" +
		"service; INFO: a change; DEBUG is not written. A lasting condition is logged once. Lines that begin with `etcd:` come from the store.\n\n")
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

// docs/logs.md lists every message and every field of the logs, and describes each field.
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
