package console

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"elbow/internal/api"
	"elbow/internal/ram"
	"elbow/internal/rpc"
)

// A visit is one request of a page on its way through the console.
type visit struct {
	*Console
	w       http.ResponseWriter
	r       *http.Request
	session *session // nil: not signed in
	person  Person   // zero: not signed in
}

// open routes a page that needs no session: "GET signin".
func (c *Console) open(route string, serve func(*visit) error) {
	method, path, _ := strings.Cut(route, " ")
	c.mux.HandleFunc(method+" "+Path+path, func(w http.ResponseWriter, r *http.Request) {
		v := &visit{Console: c, w: w, r: r}
		if err := (admission{v}).recognize(); err != nil {
			v.fail(err)
			return
		}
		(admission{v}).nameForm()
		(admission{v}).serve(serve)
	})
}

// page routes a page for who is signed in. Others are sent to sign in, and back.
func (c *Console) page(route string, serve func(*visit) error) {
	c.open(route, func(v *visit) error {
		switch {
		case v.session == nil:
			(admission{v}).toSignIn()
			return nil
		case v.person.MustReset && !strings.HasSuffix(v.r.URL.Path, "/password") && !strings.HasSuffix(v.r.URL.Path, "/signout"):
			v.redirect("password")
			return nil
		}
		v.session.touch(v.Now())
		return serve(v)
	})
}

// recognize finds out who visits.
func (v admission) recognize() error {
	token := cookieOf(v.r, sessionCookie)
	if token == "" {
		return nil
	}
	one := v.sessions.find(token)
	if one == nil {
		return nil
	}
	p, ok, err := v.Again(v.r.Context(), one.who())
	if err != nil {
		return err
	}
	if !ok { // key or user gone, key off, password changed
		v.sessions.finish(one)
		return nil
	}
	one.become(p)
	v.session, v.person = one, p
	v.Recognized(v.r.Context())
	return nil
}

// nameForm gives who is not signed in the cookie that the tokens of their forms
// are made from.
func (v admission) nameForm() {
	if v.session != nil || cookieOf(v.r, formCookie) != "" {
		return
	}
	name := newToken()
	setCookie(v.w, v.r, formCookie, name, 0)
	v.r.AddCookie(&http.Cookie{Name: formCookie, Value: name})
}

// serve checks the form of a POST and then serves the page.
func (v admission) serve(serve func(*visit) error) {
	if v.r.Method == http.MethodPost {
		if err := v.checkForm(); err != nil {
			v.fail(err)
			return
		}
	}
	if err := serve(v.visit); err != nil {
		v.fail(err)
	}
}

// errToken is a form whose token is not that of its session.
var errToken = errors.New("this form has expired: load its page again")

func (v admission) checkForm() error {
	if err := v.readForm(); err != nil {
		return err
	}
	if !sameToken(tokenOf(v.r), v.token()) {
		return errToken
	}
	return nil
}

// token is what a form of this visit has to carry. Of who is not signed in it
// hangs on a cookie.
func (v *visit) token() string {
	if v.session != nil {
		return v.session.csrf
	}
	return v.forms.token(cookieOf(v.r, formCookie))
}

// toSignIn sends the visitor to the sign-in page, to come back if it was a page
// that was asked for.
func (v admission) toSignIn() {
	if v.r.Header.Get("Hx-Request") != "" {
		v.w.Header().Set("Hx-Redirect", Path+"signin")
		v.w.WriteHeader(http.StatusUnauthorized)
		return
	}
	to := "signin"
	if v.r.Method == http.MethodGet && v.r.URL.Path != Path {
		to += "?back=" + url.QueryEscape(v.r.URL.RequestURI())
	}
	v.redirect(to)
}

// redirect sends the visitor to a page of the console.
func (v *visit) redirect(page string) {
	http.Redirect(v.w, v.r, Path+page, http.StatusSeeOther)
}

// leave sends the visitor to another page, htmx too, which would put the page that
// it is sent to into the place of a part.
func (v *visit) leave(page string) error {
	if v.r.Header.Get("Hx-Request") == "" {
		v.redirect(page)
		return nil
	}
	v.w.Header().Set("Hx-Redirect", Path+page)
	v.w.WriteHeader(http.StatusOK)
	return nil
}

// done says on the next page what was done.
func (v *visit) done(page, text string) error {
	v.session.say("ok", text)
	v.redirect(v.landing(page))
	return nil
}

// back is where a form wants the visitor to return to: a page of the console,
// whatever the form says.
func back(r *http.Request) string {
	to := r.FormValue("back")
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, Path) || strings.Contains(u.Path, "\\") {
		return ""
	}
	return strings.TrimPrefix(u.RequestURI(), Path)
}

// caller is who makes the calls of this visit.
func (v *visit) caller() Caller {
	return Caller{Person: v.person, Source: source(v.r), Secure: v.r.TLS != nil, Host: v.r.Host}
}

// source is where a request came from.
func source(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap().WithZone("")
}

// do makes a call of the API as the visitor. The error is nil or an *rpc.Error.
func (v *visit) do(action string, params map[string]string) (any, error) {
	op := operation(action)
	a := v.Call(v.r.Context(), v.caller(), op.Version, action, params)
	if a.Err != nil {
		return nil, &refused{a.Err, op}
	}
	return a.Out, nil
}

// ask makes a call whose answer is of a type. One of another type means that
// there is no such thing.
func ask[Out any](v *visit, action string, params map[string]string) (out Out, err error) {
	answer, err := v.do(action, params)
	if err != nil {
		return out, err
	}
	out, ok := answer.(Out)
	if !ok {
		return out, errNotFound
	}
	return out, nil
}

// errNotFound is a page about something that is not there.
var errNotFound = errors.New("there is no such thing")

// A refused is a call that the API did not do.
type refused struct {
	answer *rpc.Error
	op     *api.Operation
}

func (e *refused) Error() string { return e.answer.Error() }

// operation finds an operation by its name alone, which no two share.
func operation(name string) *api.Operation {
	for _, op := range api.Operations() {
		if op.Name == name {
			return op
		}
	}
	panic("console: no operation " + name)
}

// may reports whether the visitor's policies allow an action, "ens:StartX", on
// everything of the account. It decides what is offered; whether it is done the
// gateway decides.
func (v *visit) may(action string) bool {
	for _, op := range api.Operations() {
		if op.Action() == action {
			return v.mayCall(op, nil)
		}
	}
	product, _, _ := strings.Cut(action, ":") // one that is no call
	return v.allowed(action, "acs:"+product+":*:"+v.person.Identity.AccountID+":*")
}

// mayCall reports whether the visitor's policies allow a call with these
// parameters, by the rules of the gateway.
func (v *visit) mayCall(op *api.Operation, params map[string]string) bool {
	who := v.person.Identity
	return op.Unrestricted || !slices.ContainsFunc(op.ActsOn(who.AccountID, who.UserName, params), func(resource string) bool {
		return !v.allowed(op.Action(), resource)
	})
}

func (v *visit) allowed(action, resource string) bool {
	return v.person.Identity.Root() || ram.Evaluate(v.person.Policies, action, resource, v.conditions()) == ram.Allow
}

// needsCall is nil if the visitor may make a call: a page that only leads to it
// is of no use otherwise.
func (v *visit) needsCall(name string, params map[string]string) error {
	if op := operation(name); !v.mayCall(op, params) {
		return &forbidden{op.Action()}
	}
	return nil
}

func (v *visit) conditions() ram.Conditions {
	return ram.Conditions{SourceIP: source(v.r), SecureTransport: v.r.TLS != nil, CurrentTime: v.Now()}
}

// needs is nil if the visitor may do an action that is no call of the API, or
// that stands for what the page shows.
func (v *visit) needs(action string) error {
	if v.may(action) {
		return nil
	}
	return &forbidden{action}
}

// A forbidden says which action is missing.
type forbidden struct{ action string }

func (e *forbidden) Error() string { return "not allowed: " + e.action }
