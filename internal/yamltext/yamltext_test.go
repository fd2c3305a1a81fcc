package yamltext

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"
)

// texts are those that some YAML reader takes for something else, and others that
// break a line or end a scalar.
var texts = []string{
	"", " ", "~", "null", "Null", "NULL", "on", "On", "ON", "off", "Off", "yes", "Yes", "no", "NO", "y", "Y", "n", "N",
	"true", "True", "TRUE", "false", "False", "0", "00", "017", "0o17", "0O17", "0x1f", "0X1F", "0b101", "1_000", "1,000", "-1", "+1",
	"1e3", "1E3", "1.5", "1.", ".5", "1.5e+3", "-.5", "10.0.0.1", ".inf", "-.inf", "+.INF", ".nan", ".NaN", "inf", "NaN", "Infinity",
	"12:30:45", "190:20:30", "1:30", "2026-11-30", "2026-11-30T12:30:45Z", "2026-11-30 12:30:45 +01:00", "2001-1-1",
	"=", "<<", "<", "-", "- a", "--- a", "---", "...", "?", "? a", ":", ": a", "a: b", "a:", ":a", "a #b", "#a", "# a", "a#b",
	" a", "a ", "\ta", "a\t", "a\n", "\na", "a\nb", "a\r\nb", "\r", "a\n\nb", "*a", "&a", "!a", "!!int 1", "%a", "@a", "`a", "|", ">", "|-", "a|b",
	"[", "[]", "[a]", "{", "{}", "{a: b}", "]", "}", ",", "a,b", "'", "\"", "'a'", "\"a\"", "a'b", "a\"b", "\\", "a\\nb", "a\\",
	"é", "日本", "😀", "\u0085", "\u00a0a", "a\u2028b", "a\u2029b", "\ufeff", "\ufeffa", "\u200b", "\x7f", "\x00", "\x01a", "\x1b[2J", "\u0090", "\ufffd",
	"shop", "a b", "/health", "lb-1", "i-web-1", "a=b", "elb.s1.small", "vsw-default", "SERVERID", "n-default", strings.Repeat("word ", 40) + "x", strings.Repeat("x", 200),
	"e3", "E3", "x1f", "o17", "_1", "a.b", "a/b", "a@b", "a+b", "١٢", "a١",
}

// written is texts as one YAML document: in a list, as values and as names.
func written(t interface{ Fatal(...any) }, texts []string) string {
	list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	flow := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Style: yaml.FlowStyle}
	for _, text := range texts {
		list.Content = append(list.Content, Node(text), &yaml.Node{
			Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{Node(text), Node(text)},
		})
		flow.Content = append(flow.Content, Node(text))
	}
	list.Content = append(list.Content, flow)
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(list); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// expected is the content of written, as JSON.
func expected(t *testing.T, texts []string) string {
	t.Helper()
	var all []any
	for _, text := range texts {
		all = append(all, text, map[string]string{text: text})
	}
	b, err := json.Marshal(append(all, texts))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A YAML 1.2 reader reads each text as a text, in every place.
func TestNodeIsReadAsText(t *testing.T) {
	for _, text := range texts {
		requireText(t, text)
	}
	rapid.Check(t, func(t *rapid.T) { requireText(t, rapid.String().Draw(t, "text")) })
}

func requireText(t interface {
	Fatal(...any)
	Fatalf(string, ...any)
}, text string,
) {
	out := written(t, []string{text})
	var got []any
	if err := yaml.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%q: %v in\n%s", text, err, out)
	}
	pair, _ := got[1].(map[string]any)
	row, _ := got[2].([]any)
	if value, there := pair[text]; got[0] != text || !there || value != text || row[0] != text {
		t.Fatalf("%q is read as %#v in\n%s", text, got, out)
	}
}

// A YAML 1.1 reader does too: PyYAML, where it is installed. The table of texts
// that need quotes is checked in any case.
func TestNodeIsReadAsTextByYAML11(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil || exec.Command(python, "-c", "import yaml").Run() != nil {
		t.Skip("no python3 with yaml")
	}
	cmd := exec.Command(python, "-c", "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin.buffer.read())))")
	cmd.Stdin = strings.NewReader(written(t, texts))
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, complaint.String())
	}
	var got, want []any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(expected(t, texts)), &want); err != nil {
		t.Fatal(err)
	}
	for i := range want {
		g, _ := json.Marshal(got[i])
		w, _ := json.Marshal(want[i])
		if string(g) != string(w) {
			t.Errorf("got %s, want %s", g, w)
		}
	}
}

// implicit are the texts to which yaml.org/type gives another type in YAML 1.1,
// and those of the core schema of YAML 1.2 (10.3.2).
var implicit = []*regexp.Regexp{
	regexp.MustCompile(`^(~|null|Null|NULL|)$`),
	regexp.MustCompile(`^(y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$`),
	regexp.MustCompile(`^[-+]?(0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|0o[0-7]+|[0-9]+|[1-9][0-9_]*(:[0-5]?[0-9])+)$`),
	regexp.MustCompile(`^[-+]?(([0-9][0-9_]*)?\.[0-9.]*([eE][-+][0-9]+)?|[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*|\.(inf|Inf|INF)|\.(nan|NaN|NAN))$`),
	regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`),
	regexp.MustCompile(`^[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(([Tt]|[ \t]+)[0-9][0-9]?:[0-9]{2}:[0-9]{2}(\.[0-9]*)?([ \t]*(Z|[-+][0-9][0-9]?(:[0-9]{2})?))?)?$`),
	regexp.MustCompile(`^(=|<<)$`),
}

// No text that one of the types matches is unquoted.
func TestPlainIsOfNoOtherType(t *testing.T) {
	alphabet := rapid.StringOfN(rapid.RuneFrom([]rune("0123456789abcdefxoyntruls_.,:+-eETZ~=< ")), 0, 12, -1)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(alphabet, rapid.SampledFrom(texts)).Draw(t, "text")
		for _, typ := range implicit {
			if Plain(text) && typ.MatchString(text) {
				t.Fatalf("%q stands without quotes and is %v", text, typ)
			}
		}
	})
	matched := 0
	for _, text := range texts {
		for _, typ := range implicit {
			if typ.MatchString(text) {
				matched++
			}
		}
	}
	if matched < 50 {
		t.Errorf("only %d of the texts look like another type: the table proves little", matched)
	}
}

// The texts that are quoted, by the rules of YAML 1.1 (yaml.org/type) and 1.2
// (10.3.2), and common texts that are easier to read unquoted.
func TestPlain(t *testing.T) {
	for text, want := range map[string]bool{
		"": false, "~": false, "null": false, "NULL": false, "on": false, "Off": false, "yes": false, "N": false, "y": false, "TRUE": false,
		"1_000": false, "0x1f": false, "0o17": false, "017": false, "0b1": false, "1e3": false, ".inf": false, "-.INF": false, ".nan": false, "nan": false,
		"2026-11-30": false, "12:30:45": false, "=": false, "<<": false, " a": false, "a ": false, "443": false, "10.0.0.1": false, "a: b": false, "a #b": false,
		"shop": true, "a b": true, "/health": true, "lb-5s8w63yydi59w7klaikam": true, "chain.pem": true, "onward": true, "nullify": true, "elb.s1.small": true,
	} {
		if got := Plain(text); got != want {
			t.Errorf("Plain(%q): got %v, want %v", text, got, want)
		}
	}
}
