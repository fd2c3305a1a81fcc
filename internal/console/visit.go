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

// A visit is one request of a page.
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

// page routes a page for signed-in visitors. Others are redirected to the sign-in page,
// which returns them to the page.
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

// recognize identifies the visitor by the session cookie.
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
	if !ok { // key or user deleted, key disabled, password changed
		v.sessions.finish(one)
		return nil
	}
	one.become(p)
	v.session, v.person = one, p
	v.Recognized(v.r.Context())
	return nil
}

// nameForm sets the cookie that the form tokens of a visitor without a session are derived
// from.
func (v admission) nameForm() {
	if v.session != nil || cookieOf(v.r, formCookie) != "" {
		return
	}
	name := newToken()
	setCookie(v.w, v.r, formCookie, name, 0)
	v.r.AddCookie(&http.Cookie{Name: formCookie, Value: name})
}

// serve verifies the form of a POST and then serves the page.
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

// errToken reports a form whose token is not that of its session.
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

// token returns the token for the forms of this visit. Without a session it is derived
// from a cookie.
func (v *visit) token() string {
	if v.session != nil {
		return v.session.csrf
	}
	return v.forms.token(cookieOf(v.r, formCookie))
}

// toSignIn redirects the visitor to the sign-in page, which returns to the requested page.
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

// redirect redirects the visitor to a page of the console.
func (v *visit) redirect(page string) {
	http.Redirect(v.w, v.r, Path+page, http.StatusSeeOther)
}

// leave redirects the visitor to another page. It also works for requests of htmx, which
// would otherwise insert the target page in place of a part.
func (v *visit) leave(page string) error {
	if v.r.Header.Get("Hx-Request") == "" {
		v.redirect(page)
		return nil
	}
	v.w.Header().Set("Hx-Redirect", Path+page)
	v.w.WriteHeader(http.StatusOK)
	return nil
}

// done redirects to a page that shows what was done.
func (v *visit) done(page, text string) error {
	v.session.say("ok", text)
	v.redirect(v.landing(page))
	return nil
}

// back returns the page that a form asks to return to, which is a page of the console
// whatever the form contains.
func back(r *http.Request) string {
	to := r.FormValue("back")
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, Path) || strings.Contains(u.Path, "\\") {
		return ""
	}
	return strings.TrimPrefix(u.RequestURI(), Path)
}

// caller returns the identity that makes the calls of this visit.
func (v *visit) caller() Caller {
	return Caller{Person: v.person, Source: source(v.r), Secure: v.r.TLS != nil, Host: v.r.Host}
}

// source returns the address of the client.
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

// ask makes a call and returns its answer. An answer of another type means that the object
// does not exist.
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

// errNotFound is the error of a page whose object does not exist.
var errNotFound = errors.New("there is no such thing")

// A refused is the error of a call that the API refused.
type refused struct {
	answer *rpc.Error
	op     *api.Operation
}

func (e *refused) Error() string { return e.answer.Error() }

// operation finds an operation by its name, which is unique.
func operation(name string) *api.Operation {
	for _, op := range api.Operations() {
		if op.Name == name {
			return op
		}
	}
	panic("console: no operation " + name)
}

// may reports whether the visitor's policies allow an action, "ens:StartX", on everything
// of the account. It decides what is offered; the gateway decides whether a call is made.
func (v *visit) may(action string) bool {
	for _, op := range api.Operations() {
		if op.Action() == action {
			return v.mayCall(op, nil)
		}
	}
	product, _, _ := strings.Cut(action, ":") // an action that is not a call
	return v.allowed(action, "acs:"+product+":*:"+v.person.Identity.AccountID+":*")
}

// mayCall reports whether the visitor's policies allow a call with these parameters, by
// the rules of the gateway.
func (v *visit) mayCall(op *api.Operation, params map[string]string) bool {
	who := v.person.Identity
	return op.Unrestricted || !slices.ContainsFunc(op.ActsOn(who.AccountID, who.UserName, params), func(resource string) bool {
		return !v.allowed(op.Action(), resource)
	})
}

func (v *visit) allowed(action, resource string) bool {
	return v.person.Identity.Root() || ram.Evaluate(v.person.Policies, action, resource, v.conditions()) == ram.Allow
}

// needsCall returns an error unless the visitor may make a call: a page that only leads to
// the call would be of no use.
func (v *visit) needsCall(name string, params map[string]string) error {
	if op := operation(name); !v.mayCall(op, params) {
		return &forbidden{op.Action()}
	}
	return nil
}

func (v *visit) conditions() ram.Conditions {
	return ram.Conditions{SourceIP: source(v.r), SecureTransport: v.r.TLS != nil, CurrentTime: v.Now()}
}

// needs returns an error unless the visitor may perform an action that is not a call of
// the API, or that stands for the content of the page.
func (v *visit) needs(action string) error {
	if v.may(action) {
		return nil
	}
	return &forbidden{action}
}

// A forbidden is the error of an action that the visitor may not perform.
type forbidden struct{ action string }

func (e *forbidden) Error() string { return "not allowed: " + e.action }
