package openapi

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"elbow/internal/api"
)

// document is the document as decoded by a client.
func document(t *testing.T) map[string]any {
	t.Helper()
	text, err := json.Marshal(Document("https://elbow.test:8095", "test"))
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// at returns a value inside a document.
func at(t *testing.T, v any, names ...string) any {
	t.Helper()
	for _, name := range names {
		m, ok := v.(map[string]any)
		if !ok || m[name] == nil {
			t.Fatalf("no %s of %v", name, names)
		}
		v = m[name]
	}
	return v
}

// Every operation is there, with its parameters, bounds, defaults and errors.
func TestDocument(t *testing.T) {
	doc := document(t)
	for _, op := range api.Operations() {
		post := at(t, doc, "paths", "/#"+op.Name, "post")
		body := at(t, post, "requestBody", "content", "application/x-www-form-urlencoded", "schema")
		if got := at(t, body, "properties", "Action", "const"); got != op.Name {
			t.Errorf("%s: Action is %v", op.Name, got)
		}
		for _, row := range op.New().Params() {
			s := row.Var.Shape()
			if s.Type == api.List && s.Items != nil {
				for _, m := range s.Items {
					at(t, body, "patternProperties", "^"+row.Name+`\.[1-9][0-9]*\.`+m.Name+"$")
				}
				continue
			}
			if s.Type == api.List {
				at(t, body, "patternProperties", "^"+row.Name+`\.[1-9][0-9]*$`)
				continue
			}
			p := at(t, body, "properties", row.Name)
			if s.Type == api.Integer && len(s.Enum) == 0 && (at(t, p, "minimum") != float64(s.Min) || at(t, p, "maximum") != float64(s.Max)) {
				t.Errorf("%s, %s: got %v, want from %d to %d", op.Name, row.Name, p, s.Min, s.Max)
			}
			if row.Default != "" && row.IfGiven == "" {
				at(t, p, "default")
			}
			required := slices.Contains(at(t, body, "required").([]any), any(row.Name))
			if want := row.Required && len(row.When) == 0; required != want {
				t.Errorf("%s, %s: required %v, want %v", op.Name, row.Name, required, want)
			}
		}
		texts, err := json.Marshal(at(t, post, "responses"))
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range op.Errors {
			for _, row := range api.ErrorTable {
				if code := strings.ReplaceAll(row.Code, "%s", "{parameter}"); row.ID == id && !strings.Contains(string(texts), "`"+code+"`") {
					t.Errorf("%s: without the error %s", op.Name, code)
				}
			}
		}
		at(t, doc, "components", "schemas", op.Name+"Output", "properties", "RequestId")
	}
}

// Every reference resolves.
func TestReferences(t *testing.T) {
	doc := document(t)
	count := 0
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok {
				count++
				at(t, doc, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
			}
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(doc)
	if count < len(api.Operations()) {
		t.Errorf("%d references, fewer than operations", count)
	}
}

// A row that is required under conditions is so in the document, also where the
// default fulfils the condition.
func TestConditions(t *testing.T) {
	rows := []api.Param{
		{Name: "A", Default: "on"},
		{Name: "B"},
		{Name: "C", Required: true, When: []api.Cond{{Name: "A", Is: "on"}, {Name: "B", Is: "x"}}},
	}
	got, err := json.Marshal(conditions(rows))
	if err != nil {
		t.Fatal(err)
	}
	const want = `[{"if":{"properties":{"A":{"const":"on"},"B":{"const":"x"}},"required":["B"]},"then":{"required":["C"]}}]`
	if string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
