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

// policy is the Content-Security-Policy of every answer: files of this server
// and nothing inline, in no frame, and forms that stay here.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// ServeHTTP serves what is under Path.
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
		// The page of a stranger whose name was made to point here (DNS rebinding)
		// would be of one origin with the console.
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

// boundBody leaves a form no more than maxFormBytes and every other request no
// body at all. It comes before anything that parses: of a body without a bound
// ParseMultipartForm, which FormValue calls whatever the method, keeps 32 MiB in
// memory and writes the rest to temporary files.
func boundBody(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		r.Body = http.MaxBytesReader(w, r.Body, maxFormBytes)
	} else {
		r.Body = http.NoBody
	}
}

// loopbackHost reports whether a Host field names this machine to itself.
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

// sameOrigin reports whether a browser says that a POST comes from a page of
// this server. What says nothing is no browser of today; it needs the token of a
// form all the same.
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

// The names of the form's token, in a form and as a header field of htmx.
const (
	tokenField  = "csrf"
	tokenHeader = "X-Csrf-Token"
)

// errTooLarge is a form over its limit, errForm one that cannot be read.
var (
	errTooLarge = errors.New("the form is too large")
	errForm     = errors.New("the form cannot be read")
)

// An admission is what comes before a page: who it is, and whether the form is the
// console's own.
type admission struct{ *visit }

// readForm reads the form of a POST. Of a visitor who is not signed in it may have
// what signing in takes.
func (v admission) readForm() error {
	if v.session == nil {
		v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxStrangerFormBytes)
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

// tokenOf is the token that came with a form.
func tokenOf(r *http.Request) string {
	if t := r.Header.Get(tokenHeader); t != "" {
		return t
	}
	return r.PostFormValue(tokenField)
}

func sameToken(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}
