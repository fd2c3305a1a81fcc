package snippet

import (
	"encoding/json"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// hostile are values that end a string, or have a special meaning, in one of the
// languages.
var hostile = []string{
	"plain", "it's", `a "quoted" one`, `back\slash`, `\u0022`, `\\u003c <b>&amp;</b>`, "two\nlines", "$(touch /tmp/x) `id` ${HOME} %s",
	"\u2028\u2029", "<?php ?>", "#{x} {{.}} ${x}", "\x00\x7f", "日本語", "-flag", "",
}

func hostileCall() Call {
	c := Call{Product: "Ens", Version: "2017-11-10", Action: "ModifyLoadBalancerAttribute", Host: "127.0.0.1:8095"}
	for i, v := range hostile {
		c.Params = append(c.Params, Param{Name: "P" + strconv.Itoa(i), Value: v})
	}
	return c
}

// The Go programs are formatted like gofmt's output, and contain each value
// unchanged.
func TestGo(t *testing.T) {
	for _, id := range []string{"go", "go-darabonba"} {
		l, _ := Lookup(id)
		text := l.Write(hostileCall())
		formatted, err := format.Source([]byte(text))
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if string(formatted) != text {
			t.Errorf("%s: not as gofmt has it:\n%s", id, text)
		}
		got := make(map[string]bool)
		f, err := parser.ParseFile(token.NewFileSet(), "main.go", formatted, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				v, _ := strconv.Unquote(lit.Value) // the parser has accepted it
				got[v] = true
			}
			return true
		})
		for _, v := range hostile {
			if !got[v] {
				t.Errorf("%q is not in the program:\n%s", v, text)
			}
		}
		if plain := l.Write(Call{Action: "A"}); plain == "" || strings.Contains(plain, "func file") {
			t.Errorf("a call without files reads some:\n%s", plain)
		}
	}
}

// TypeScript, Python and Java read a JSON value on one line unchanged.
func TestJSONStrings(t *testing.T) {
	for _, v := range hostile {
		var got string
		if err := json.Unmarshal([]byte(quoteJSON(v)), &got); err != nil || got != v {
			t.Errorf("%q became %q (%v)", v, got, err)
		}
		if strings.ContainsAny(quoteJSON(v), "\n\u2028\u2029") {
			t.Errorf("%q has an end of a line in it", quoteJSON(v))
		}
	}
}

// A shell passes each value on unchanged. NUL cannot be in an argument, and is
// left out.
func TestShell(t *testing.T) {
	c := hostileCall()
	for i := range c.Params {
		c.Params[i].Value = strings.ReplaceAll(c.Params[i].Value, "\x00", "")
	}
	for program, write := range map[string]func(Call) string{"elbow": elbowCall, "aliyun": aliyunCLI} {
		script := program + "() { for arg; do printf '%s\\0' \"$arg\"; done; }\n" + write(c)
		out, err := exec.Command("sh", "-c", script).Output()
		if err != nil {
			t.Fatalf("%s: %v\n%s", program, err, script)
		}
		args := strings.Split(string(out), "\x00")
		for _, p := range c.Params {
			found := false
			for i := range args[:len(args)-1] {
				found = found || args[i] == "--"+p.Name && args[i+1] == p.Value
			}
			if !found {
				t.Errorf("%s: --%s %q did not arrive; arguments %q", program, p.Name, p.Value, args)
			}
		}
	}
}

// No language contains an access key, all read it from the environment, and a
// private key is read from its file.
func TestSecrets(t *testing.T) {
	c := Call{
		Product: "cas", Version: "2020-04-07", Action: "UploadUserCertificate", Host: "elbow.test:443", TLS: true,
		Params: []Param{{Name: "Name", Value: "shop"}, {Name: "Key", Value: "-----BEGIN PRIVATE KEY-----\nsecret", File: FileName("Key", "-----BEGIN PRIVATE KEY-----\nsecret")}, {Name: "Password", Value: "hunter-two-three", Env: "PASSWORD"}},
	}
	for _, l := range Languages {
		text := l.Write(c)
		if strings.Contains(text, "secret\n") || strings.Contains(text, "BEGIN") || !strings.Contains(text, "key.pem") {
			t.Errorf("%s: the private key is not read from its file:\n%s", l.ID, text)
		}
		if strings.Contains(text, "hunter") || !strings.Contains(text, "PASSWORD") {
			t.Errorf("%s: the password does not come from the environment:\n%s", l.ID, text)
		}
		if l.ID != "elbow" && !strings.Contains(text, "ALIBABA_CLOUD_ACCESS_KEY_SECRET") { // elbow call reads it by itself
			t.Errorf("%s: the access key does not come from the environment:\n%s", l.ID, text)
		}
		if !strings.Contains(text, "elbow.test:443") || !strings.Contains(text, c.Action) {
			t.Errorf("%s: endpoint or operation is missing:\n%s", l.ID, text)
		}
		for name, content := range l.Project(c) {
			if content == "" || strings.HasSuffix(name, ".json") && !json.Valid([]byte(content)) {
				t.Errorf("%s: %s is not well formed:\n%s", l.ID, name, content)
			}
		}
	}
}
