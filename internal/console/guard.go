package console

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// policy is the Content-Security-Policy of every response: only files of this server, no
// inline scripts or styles, no frames, and forms to this server only.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// ServeHTTP serves the paths under Path.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if c.Loopback && !loopbackHost(r.Host) {
		// A page of another site whose name was made to resolve to this address (DNS
		// rebinding) would have the same origin as the console.
		http.Error(w, "This server is on loopback: address it as localhost or by its address.", http.StatusMisdirectedRequest)
		return
	}
	if r.Method == http.MethodPost && !sameOrigin(r) {
		http.Error(w, "This form was sent from another site.", http.StatusForbidden)
		return
	}
	if len(r.RequestURI) > maxTargetBytes {
		http.Error(w, "The address is too long.", http.StatusRequestURITooLong)
		return
	}
	boundBody(w, r)
	c.mux.ServeHTTP(w, r)
}

// boundBody limits the body of a form to maxFormBytes, and allows no other request a body.
// It has to run before anything that parses the body: without a limit ParseMultipartForm,
// which FormValue calls for any method, keeps 32 MiB in memory and writes the rest to
// temporary files.
func boundBody(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		r.Body = http.MaxBytesReader(w, r.Body, maxFormBytes)
	} else {
		r.Body = http.NoBody
	}
}

// loopbackHost reports whether a Host field names a loopback address or localhost.
func loopbackHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// sameOrigin reports whether a POST comes from a page of this server, by the header fields
// that browsers send. A request without them does not come from a current browser, and
// needs the token of a form all the same.
func sameOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}

// The names of the form token, as a form field and as a header field that htmx sends.
const (
	tokenField  = "csrf"
	tokenHeader = "X-Csrf-Token"
)

// errTooLarge reports a form over its limit, errForm one that cannot be parsed.
var (
	errTooLarge = errors.New("the form is too large")
	errForm     = errors.New("the form cannot be read")
)

// An admission is the part of a visit before its page: it identifies the visitor and
// verifies that the form is one of the console.
type admission struct{ *visit }

// readForm parses the form of a POST. Visitors who are not signed in may send as much as
// the sign-in form needs: maxSignInFormBytes.
func (v admission) readForm() error {
	if v.session == nil {
		v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxSignInFormBytes)
	}
	err := v.r.ParseForm()
	if kind, _, _ := mime.ParseMediaType(v.r.Header.Get("Content-Type")); err == nil && kind == "multipart/form-data" {
		err = v.r.ParseMultipartForm(maxFormBytes)
	}
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return errTooLarge
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errForm, err)
	}
	return nil
}

// tokenOf returns the token that was sent with a form.
func tokenOf(r *http.Request) string {
	if t := r.Header.Get(tokenHeader); t != "" {
		return t
	}
	return r.PostFormValue(tokenField)
}

func sameToken(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}
