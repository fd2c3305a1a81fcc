package console

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed templates
var templates embed.FS

// pages are the templates, one set for each page, by file name.
type pages map[string]*template.Template

// parsePages parses the templates. A page is a file that defines "main"; layout.html,
// parts.html and tables.html are part of every page.
func parsePages() (pages, error) {
	shared, err := template.New("").Funcs(functions).ParseFS(templates, "templates/layout.html", "templates/parts.html", "templates/tables.html")
	if err != nil {
		return nil, err
	}
	files, err := fs.Glob(templates, "templates/*.html")
	if err != nil {
		return nil, err
	}
	all := make(pages)
	for _, file := range files {
		one, err := shared.Clone()
		if err == nil {
			_, err = one.ParseFS(templates, file)
		}
		if err != nil {
			return nil, err
		}
		all[strings.TrimSuffix(path.Base(file), ".html")] = one
	}
	return all, nil
}

// functions are the functions that templates can call.
var functions = template.FuncMap{
	"static": func(file string) string { return Path + "static/" + staticVersion() + "/" + file },
	"dict":   dict,
	"when":   func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") },
	"lower":  func(s any) string { return strings.ToLower(fmt.Sprint(s)) },
	"plural": plural,
	"hosts":  hosts,
	"millis": func(seconds float64) float64 { return seconds * 1000 },
}

// dict makes a template argument of names and values.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("dict: a value is missing")
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		m[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return m, nil
}

// plural returns "1 listener", "2 listeners".
func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// A frame holds the data of layout.html; the page itself can use its fields too.
type frame struct {
	Title  string
	Data   any
	Notice *notice

	visit *visit
}

// SignedIn reports whether the visitor is signed in.
func (f frame) SignedIn() bool { return f.visit.session != nil }

// Who returns the name of the visitor that the page shows.
func (f frame) Who() string {
	if f.visit.person.Identity.Root() {
		return "root"
	}
	return f.visit.person.Identity.UserName
}

// User reports whether a RAM user is signed in, who may have a password.
func (f frame) User() bool { return !f.visit.person.Identity.Root() }

// May reports whether the visitor's policies allow an action.
func (f frame) May(action string) bool { return f.visit.may(action) }

// MayCall reports whether the visitor's policies allow a call with parameters, which are
// given as names and values in turn.
func (f frame) MayCall(operationName string, pairs ...string) bool {
	return f.visit.mayCall(operation(operationName), paramsOf(pairs))
}

// Token returns the token that every form of the page carries.
func (f frame) Token() string { return f.visit.token() }

// Theme returns light or dark, or "" for the setting of the system.
func (f frame) Theme() string { return theme(f.visit.r) }

// Here returns the URL of the page, for the field "back" of a form.
func (f frame) Here() string { return f.visit.r.URL.RequestURI() }

// Version returns the version of the program.
func (f frame) Version() string { return f.visit.Version }

// HistoryThere reports whether the charts have more than 15 minutes to show.
func (f frame) HistoryThere() bool { return f.visit.History != nil }

// render answers with a page.
func (v *visit) render(status int, page, title string, data any) {
	f := frame{Title: title, Data: data, visit: v}
	if v.session != nil {
		f.Notice = v.session.flashed()
	}
	v.execute(status, page, "layout", f)
}

// show answers with a page that is fine.
func (v *visit) show(page, title string, data any) error {
	v.render(http.StatusOK, page, title, data)
	return nil
}

// partial answers with a block of a page, for htmx to put in its place.
func (v *visit) partial(status int, page, block string, data any) {
	v.execute(status, page, block, frame{Data: data, visit: v})
}

// execute renders the complete page before any of it is sent: an error page is better than
// half a page.
func (v *visit) execute(status int, page, block string, f frame) {
	var b bytes.Buffer
	if err := v.pages[page].ExecuteTemplate(&b, block, f); err != nil {
		v.Log.Error("console page not made", "page", page, "err", err)
		http.Error(v.w, "This page could not be made; the log of the server has the cause.", http.StatusInternalServerError)
		return
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	_, _ = b.WriteTo(v.w) // the client may have disconnected
}
