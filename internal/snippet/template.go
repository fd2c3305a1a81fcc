package snippet

import (
	"encoding/json"
	"strings"
	"text/template"
)

// A source is a language whose programs have one form: the text of a program and
// of the files of its project, with {{value .}} where a parameter's value stands.
type source struct {
	program *template.Template
	files   map[string]*template.Template
}

// newSource prepares a language. value writes a parameter as an expression of
// the language.
func newSource(program string, value func(Param) string, files map[string]string) source {
	funcs := template.FuncMap{"value": value, "quote": quoteJSON, "lower": strings.ToLower}
	s := source{program: parse(program, funcs), files: make(map[string]*template.Template)}
	for name, text := range files {
		s.files[name] = parse(text, funcs)
	}
	return s
}

func parse(text string, funcs template.FuncMap) *template.Template {
	return template.Must(template.New("").Funcs(funcs).Parse(strings.TrimPrefix(text, "\n")))
}

func (s source) write(c Call) string { return fill(s.program, c) }

func (s source) project(c Call) map[string]string {
	files := make(map[string]string)
	for name, t := range s.files {
		files[name] = fill(t, c)
	}
	return files
}

// fill executes a template of this package on a call: there is nothing in either
// that can fail.
func fill(t *template.Template, c Call) string {
	var b strings.Builder
	if err := t.Execute(&b, c); err != nil {
		panic(err)
	}
	return b.String()
}

// quoteJSON is s as JSON writes it, which Go, TypeScript, Python and Java read
// as the same text: all that JSON escapes is escaped alike in them, and the
// characters that end a line in some of them are escaped.
func quoteJSON(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // texts always encode
	}
	return unescapeHTML.Replace(string(b))
}

// unescapeHTML takes back what json escapes for browsers alone. Where a backslash
// is written before, it is one of a pair, which must stay.
var unescapeHTML = strings.NewReplacer(`\\`, `\\`, `\u003c`, "<", `\u003e`, ">", `\u0026`, "&")
