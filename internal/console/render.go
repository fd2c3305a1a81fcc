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

// pages are the templates, one set for each page, by the name of its file.
type pages map[string]*template.Template

// parsePages reads the templates. A page is a file of its own that defines
// "main"; layout.html and parts.html are part of every page.
func parsePages() (pages, error) {
	shared, err := template.New("").Funcs(functions).ParseFS(templates, "templates/layout.html", "templates/parts.html")
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

// functions are what templates call.
var functions = template.FuncMap{
	"static": func(file string) string { return Path + "static/" + staticVersion() + "/" + file },
	"dict":   dict,
	"when":   func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") },
	"lower":  func(s any) string { return strings.ToLower(fmt.Sprint(s)) },
	"plural": plural,
	"hosts":  hosts,
	"millis": func(seconds float64) float64 { return seconds * 1000 },
}

// dict makes the argument of a template out of names and values.
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

// plural is "1 listener", "2 listeners".
func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// A frame is what layout.html puts around a page; its fields are there for the
// page too.
type frame struct {
	Title  string
	Data   any
	Notice *notice

	visit *visit
}

// SignedIn reports whether there is somebody.
func (f frame) SignedIn() bool { return f.visit.session != nil }

// Who is the name that the page shows.
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

// MayCall reports whether they allow a call with parameters, names and values in
// turn.
func (f frame) MayCall(operationName string, pairs ...string) bool {
	params := make(map[string]string)
	for i := 0; i+1 < len(pairs); i += 2 {
		params[pairs[i]] = pairs[i+1]
	}
	return f.visit.mayCall(operation(operationName), params)
}

// Token is what every form of the page carries.
func (f frame) Token() string { return f.visit.token() }

// Theme is light or dark, or empty for what the system says.
func (f frame) Theme() string { return theme(f.visit.r) }

// Here is the page, as the field "back" of a form.
func (f frame) Here() string { return f.visit.r.URL.RequestURI() }

// In reports whether the page is part of a section, for the navigation.
func (f frame) In(section string) bool {
	rest := strings.TrimPrefix(f.visit.r.URL.Path, Path)
	return rest == section || section != "" && strings.HasPrefix(rest, section+"/")
}

// Version is the program's.
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

// execute makes the whole answer before any of it goes out: half a page is worse
// than an error.
func (v *visit) execute(status int, page, block string, f frame) {
	var b bytes.Buffer
	if err := v.pages[page].ExecuteTemplate(&b, block, f); err != nil {
		v.Log.Error("console page not made", "page", page, "err", err)
		http.Error(v.w, "This page could not be made; the log of the server has the cause.", http.StatusInternalServerError)
		return
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	_, _ = b.WriteTo(v.w) // whoever asked may be gone
}
