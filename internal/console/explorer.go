package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"elbow/internal/api"
	"elbow/internal/openapi"
	"elbow/internal/rpc"
)

func (c *Console) explorerRoutes() {
	c.page("GET explorer", in(explorerPages.explorer))
	c.page("GET explorer/{action}", in(explorerPages.tryPage))
	c.page("POST explorer/{action}", in(explorerPages.tryPage))
	c.page("POST explorer/{action}/run", in(explorerPages.try))
	c.page("POST explorer/{action}/project", in(explorerPages.project))
	c.page("GET openapi.json", in(explorerPages.openAPI))
}

// An explorerPage lists the operations.
type explorerPage struct {
	Query    string
	Count    int // of the operations that are listed
	Families []explorerFamily
}

type explorerFamily struct {
	Name       string
	Operations []explorerEntry
}

type explorerEntry struct {
	*api.Operation
	May bool
}

// explorerPages show each operation of the API, call it, and write the call as code.
type explorerPages struct{ *visit }

// explorer lists the operations whose name, text or parameters contain all words of the
// query q.
func (v explorerPages) explorer() error {
	page := explorerPage{Query: v.r.FormValue("q")}
	words := strings.Fields(strings.ToLower(page.Query))
	for _, f := range api.Families {
		found := explorerFamily{Name: f.Name}
		for _, op := range f.Operations {
			if mentions(f.Name, op, words) {
				found.Operations = append(found.Operations, explorerEntry{op, v.may(op.Action())})
			}
		}
		if len(found.Operations) > 0 {
			page.Families = append(page.Families, found)
			page.Count += len(found.Operations)
		}
	}
	if v.r.Header.Get("Hx-Request") != "" {
		v.partial(http.StatusOK, "explorer", "operations", page)
		return nil
	}
	return v.show("explorer", "API Explorer", page)
}

func mentions(family string, op *api.Operation, words []string) bool {
	text := strings.Join([]string{family, op.Action(), op.Doc}, " ")
	for _, p := range op.New().Params() {
		text += " " + p.Name
	}
	text = strings.ToLower(text)
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// A tryPage shows one operation: its parameters as a form, its errors, the call as code,
// and the result of a call.
type tryPage struct {
	*api.Operation
	May    bool
	Fields []tryField
	Errors []api.ErrorRow // of the operation
	Common []api.ErrorRow // of every call
	Code   []codeTab
	Ran    *tried // nil: nothing was called
}

// A tried is one call and its result.
type tried struct {
	Request   string // as sent over the wire, without secrets
	Answer    string // JSON
	Status    int
	Code      string // of the error; "" if it succeeded
	Text      string // of the error
	Took      time.Duration
	RequestID string
	Ask       []string // what the call would stop, if it awaits confirmation; nil if it was made
}

// triedOperation returns the operation in the URL of the page; nil if there is none.
func (v explorerPages) triedOperation() *api.Operation {
	for _, op := range api.Operations() {
		if op.Name == v.r.PathValue("action") {
			return op
		}
	}
	return nil
}

// tryPage shows an operation with the values of the form. A request of htmx is answered
// with the code only.
func (v explorerPages) tryPage() error {
	op := v.triedOperation()
	if op == nil {
		return errNotFound
	}
	values, err := v.tryValues(op)
	if err != nil {
		return err
	}
	page := v.tryPageOf(op, values)
	if v.r.Header.Get("Hx-Request") != "" {
		v.partial(http.StatusOK, "explorer_operation", "code", page)
		return nil
	}
	return v.show("explorer_operation", op.Name, page)
}

// try makes the call. An error is shown beside its field.
func (v explorerPages) try() error {
	op := v.triedOperation()
	if op == nil {
		return errNotFound
	}
	values, err := v.tryValues(op)
	if err != nil {
		return err
	}
	if op.Ends(values) && v.r.PostFormValue("sure") == "" {
		page := v.tryPageOf(op, values)
		page.Ran = &tried{Ask: append([]string{op.Doc}, stopPages(v).stopFacts(op, values)...)}
		return v.showTried(page)
	}
	start := v.Now()
	a := v.Call(v.r.Context(), v.caller(), op.Version, op.Name, values)
	ran := &tried{Took: v.Now().Sub(start).Round(10 * time.Microsecond), RequestID: a.RequestID, Request: v.wireRequest(op, values), Status: http.StatusOK}
	var text []byte
	at := ""
	if a.Err != nil {
		ran.Status, ran.Code, ran.Text = a.Err.Status, a.Err.Code, wording(a.Err)
		at = fieldOf(&refused{a.Err, op}, op.New().Params())
		text, err = rpc.EncodeError(rpc.JSON, a.Err)
	} else {
		text, err = rpc.EncodeAnswer(rpc.JSON, op.Name, a.RequestID, a.Out)
	}
	if err != nil {
		return err
	}
	ran.Answer = indented(text)
	page := v.tryPageOf(op, values)
	page.Ran = ran
	for i := range page.Fields {
		if page.Fields[i].Name == at {
			page.Fields[i].Error = ran.Text
		}
	}
	return v.showTried(page)
}

// showTried shows the result of a call; a request of htmx is answered with the result
// only.
func (v explorerPages) showTried(page tryPage) error {
	if v.r.Header.Get("Hx-Request") != "" {
		v.partial(http.StatusOK, "explorer_operation", "ran", page)
		return nil
	}
	return v.show("explorer_operation", page.Name, page)
}

func (v explorerPages) tryPageOf(op *api.Operation, values map[string]string) tryPage {
	return tryPage{
		Operation: op, May: v.may(op.Action()), Fields: tryFields(op, values),
		Errors: errorRows(op.Errors), Common: errorRows(api.CommonErrors), Code: v.codeTabs(op, values),
	}
}

// wireRequest returns the call as a client would send it, with secrets left out, and
// without a signature, which the session replaces.
func (v explorerPages) wireRequest(op *api.Operation, values map[string]string) string {
	var form []string
	for _, p := range ordered(op, values) {
		value := url.QueryEscape(p.value)
		if p.row.Secret {
			value = "[hidden]"
		}
		form = append(form, p.name+"="+value)
	}
	return fmt.Sprintf("POST / HTTP/1.1\nHost: %s\nContent-Type: application/x-www-form-urlencoded\nx-acs-action: %s\nx-acs-version: %s\n\n%s",
		endpoint(v.r), op.Name, op.Version, strings.Join(form, "&\n"))
}

// indented returns indented JSON.
func indented(text []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, text, "", "  ") != nil {
		return string(text)
	}
	return b.String()
}

// openAPI serves the OpenAPI document with the address by which the server was reached.
func (v explorerPages) openAPI() error {
	scheme := "http"
	if v.r.TLS != nil {
		scheme = "https"
	}
	server, err := json.Marshal(scheme + "://" + endpoint(v.r))
	if err != nil {
		return err
	}
	before, after, err := v.document()
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/json")
	for _, text := range [...][]byte{before, server, after} {
		_, _ = v.w.Write(text) // the client may have disconnected
	}
	return nil
}

// documentParts returns a function that returns the OpenAPI document in two parts, between
// which the address of the server belongs as a JSON string. The document is generated
// once, since that takes 10 ms and 3 MB.
func documentParts(version string) func() (before, after []byte, err error) {
	type parts struct{ before, after []byte }
	made := sync.OnceValues(func() (parts, error) {
		const server = "https://server.invalid"
		text, err := json.MarshalIndent(openapi.Document(server, version), "", " ")
		if err != nil {
			return parts{}, err
		}
		before, after, found := bytes.Cut(text, []byte(strconv.Quote(server)))
		if !found || bytes.Contains(after, []byte(server)) {
			return parts{}, errors.New("the document does not have the server's address once")
		}
		return parts{before, after}, nil
	})
	return func() ([]byte, []byte, error) {
		p, err := made()
		return p.before, p.after, err
	}
}
