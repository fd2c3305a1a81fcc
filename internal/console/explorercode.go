package console

import (
	"archive/zip"
	"bytes"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"

	"elbow/internal/api"
	"elbow/internal/snippet"
)

// A codeTab is the call in one programming language.
type codeTab struct {
	snippet.Language
	Text   string
	Chosen bool
}

func (v explorerPages) codeTabs(op *api.Operation, values map[string]string) []codeTab {
	call := v.callOf(op, values)
	chosen, ok := snippet.Lookup(v.r.PostForm.Get("language"))
	if !ok {
		chosen = snippet.Languages[0]
	}
	var tabs []codeTab
	for _, l := range snippet.Languages {
		tabs = append(tabs, codeTab{l, l.Write(call), l.ID == chosen.ID})
	}
	return tabs
}

// callOf returns the call for the code generators. Secret parameters are read from a file
// or the environment, whatever their values look like.
func (v explorerPages) callOf(op *api.Operation, values map[string]string) snippet.Call {
	call := snippet.Call{
		Product: op.Product, Version: op.Version, Action: op.Name, Host: endpoint(v.r), TLS: v.r.TLS != nil,
	}
	for _, p := range ordered(op, values) {
		param := snippet.Param{Name: p.name, Value: p.value, File: snippet.FileName(p.name, p.value)}
		switch {
		case p.row.Secret && p.row.File:
			param.File = strings.ToLower(p.name) + ".pem"
		case p.row.Secret:
			param.Env = strings.ToUpper(p.name)
		}
		call.Params = append(call.Params, param)
	}
	return call
}

// endpoint returns the API's URL as the browser reached it. A Host that is neither a name
// nor an address does not come from a browser.
func endpoint(r *http.Request) string {
	const characters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:[]"
	if strings.Trim(r.Host, characters) != "" {
		return "localhost"
	}
	return r.Host
}

// project serves a zip archive of a project that makes the call.
func (v explorerPages) project() error {
	op := v.triedOperation()
	language, ok := snippet.Lookup(v.r.PostForm.Get("language"))
	if op == nil || !ok {
		return errNotFound
	}
	values, err := v.tryValues(op)
	if err != nil {
		return err
	}
	call := v.callOf(op, values)
	files := map[string]string{language.File: language.Write(call), "README.md": readme(language, call)}
	maps.Copy(files, language.Project(call))
	for _, p := range call.Params {
		if p.File != "" {
			files[p.File] = "Put the value of " + p.Name + " here.\n"
		}
	}
	name := op.Name + "-" + language.ID
	archive, err := zipped(name, files)
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/zip")
	v.w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name + ".zip"}))
	_, _ = v.w.Write(archive) // the client may have disconnected
	return nil
}

// readme returns the instructions for running a project.
func readme(l snippet.Language, call snippet.Call) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\nA call of %s %s at %s://%s, in %s.\n\n", call.Action, call.Product, call.Version, call.Scheme(), call.Host, l.Title)
	fmt.Fprint(&b, "The access key comes from the environment:\n\n    export ALIBABA_CLOUD_ACCESS_KEY_ID=…\n    export ALIBABA_CLOUD_ACCESS_KEY_SECRET=…\n")
	for _, p := range call.Params {
		if p.Env != "" {
			fmt.Fprintf(&b, "    export %s=…\n", p.Env)
		}
	}
	fmt.Fprintln(&b)
	for _, p := range call.Params {
		if p.File != "" {
			fmt.Fprintf(&b, "Put the value of %s into `%s`.\n\n", p.Name, p.File)
		}
	}
	fmt.Fprintf(&b, "Run it:\n\n    %s\n", l.Run)
	return b.String()
}

// zipped returns a zip archive with one folder.
func zipped(folder string, files map[string]string) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file, err := w.Create(folder + "/" + name)
		if err != nil {
			return nil, err
		}
		if _, err := file.Write([]byte(files[name])); err != nil {
			return nil, err
		}
	}
	err := w.Close() // which writes the directory
	return b.Bytes(), err
}
