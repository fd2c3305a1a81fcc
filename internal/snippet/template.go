package snippet

import (
	"encoding/json"
	"strings"
	"text/template"
)

// A source is a language whose programs follow a template: the text of a program
// and of the files of its project, with {{value .}} in place of a parameter's
// value.
type source struct {
	program *template.Template
	files   map[string]*template.Template
}

// newSource compiles a language. value returns a parameter as an expression of
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

// fill executes a template of this package; it cannot fail.
func fill(t *template.Template, c Call) string {
	var b strings.Builder
	if err := t.Execute(&b, c); err != nil {
		panic(err)
	}
	return b.String()
}

// quoteJSON is s in JSON, which Go, TypeScript, Python and Java read as the same
// text: everything that JSON escapes has the same escape in them, and the
// characters that end a line in some of them are escaped.
func quoteJSON(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // texts always encode
	}
	return unescapeHTML.Replace(string(b))
}

// unescapeHTML undoes the escapes that encoding/json makes for browsers only. A
// backslash before one belongs to a pair of backslashes, which must stay.
var unescapeHTML = strings.NewReplacer(`\\`, `\\`, `\u003c`, "<", `\u003e`, ">", `\u0026`, "&")
