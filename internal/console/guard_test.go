package console

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"elbow/internal/ram"
)

func httptestTLS(t *testing.T, s *site) *httptest.Server {
	t.Helper()
	server := httptest.NewTLSServer(s.console)
	t.Cleanup(server.Close)
	return server
}

// Every response has the security headers, errors included.
func TestSecurityHeaders(t *testing.T) {
	s := newSite(t)
	b := s.signIn(t, "root-key")
	for _, page := range []string{"", "nothing-here", "signin", "live/nothing", "static/x/style.css", "static/" + staticVersion() + "/style.css", "series?span=x"} {
		h := b.get(page).Header
		csp := h.Get("Content-Security-Policy")
		if !strings.HasPrefix(csp, "default-src 'none'; script-src 'self'; style-src 'self'") || strings.Contains(csp, "unsafe") ||
			!strings.Contains(csp, "frame-ancestors 'none'") || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") == "" {
			t.Errorf("%q: %v", page, h)
		}
	}
	// No page contains anything that the policy forbids.
	for _, page := range []string{"", "signin", "password"} {
		text := b.get(page).text
		for _, inline := range []string{"<style", " style=", " onclick=", " onload=", "javascript:", "<script>"} {
			if strings.Contains(text, inline) {
				t.Errorf("%q: has %s", page, inline)
			}
		}
	}
}

func TestHostOnLoopback(t *testing.T) {
	s := newSite(t)
	b := s.browser(t)
	for host, want := range map[string]int{
		"localhost": 200, "localhost:8095": 200, "127.0.0.1": 200, "127.9.9.9:80": 200, "[::1]": 200, "[::1]:8095": 200,
		"evil.test": 421, "evil.test:8095": 421, "localhost.evil.test": 421, "127.0.0.1.evil.test": 421, "10.0.0.1": 421, "": 421,
	} {
		r := b.request("GET", "signin", nil)
		r.Host = host
		if host == "" {
			r.Host = " "
			continue
		}
		if got := b.do(r); got.StatusCode != want {
			t.Errorf("Host %q: status %d, want %d", host, got.StatusCode, want)
		}
	}
}

func TestStaticFiles(t *testing.T) {
	s := newSite(t)
	b := s.browser(t)
	at := "static/" + staticVersion() + "/"
	for file, want := range map[string]int{
		"style.css": 200, "app.js": 200, "vendor/htmx.min.js": 200, "icon.svg": 200,
		"": 404, "vendor": 404, "vendor/README.md": 404, "..%2fconsole.go": 404, "..%2f..%2fetc%2fpasswd": 404, "vendor/..%2f..%2fstatic.go": 404, "x.css": 404,
	} {
		got := b.get(at + file)
		if got.StatusCode != want {
			t.Errorf("%q: status %d, want %d", file, got.StatusCode, want)
		}
		if want == 200 && !strings.Contains(got.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%q: %v", file, got.Header)
		}
	}
}

func TestOversizeForm(t *testing.T) {
	s := newSite(t)
	b := s.signIn(t, "root-key")
	b.post("theme", "theme", strings.Repeat("x", maxFormBytes)).want(t, http.StatusRequestEntityTooLarge, "too large")

	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	part, err := m.CreateFormFile("file", "big.pem")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write(make([]byte, maxFormBytes))
	m.Close()
	r := b.request("POST", "theme", nil)
	r.Body = http.NoBody
	r, err = http.NewRequest("POST", r.URL.String(), &body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", m.FormDataContentType())
	b.do(r).want(t, http.StatusRequestEntityTooLarge, "too large")
}

// After too many failures a sign-in has to wait, even with the right secret; the right
// root key is accepted on loopback all the same.
func TestSignInLockedOut(t *testing.T) {
	s := newSite(t)
	s.people["alices-key"] = &somebody{Person: Person{Identity: ram.Identity{AccountID: "1", AccessKeyID: "alices-key", UserID: "2", UserName: "alice"}, Stamp: "a"}, secret: "alices-secret"}
	b := s.browser(t)
	b.get("signin")
	for name, by := range map[string]string{"alice": "password", "alices-key": "", "root-key": ""} {
		for range 5 {
			b.post("signin", "by", by, "name", name, "secret", "wrong").want(t, http.StatusForbidden)
		}
		b.post("signin", "by", by, "name", name, "secret", "wrong").want(t, http.StatusTooManyRequests, "Try again in 1 minute.")
		if name != "root-key" {
			b.post("signin", "by", by, "name", name, "secret", s.people[name].secret).want(t, http.StatusTooManyRequests, "Try again in 1 minute.")
		}
	}
	s.browser(t).signInAs("root-key")
	s.with(func() { s.offset = time.Minute + time.Second })
	s.browser(t).signInAs("alice")
}

// signInAs signs in and checks that it succeeded.
func (b *browser) signInAs(name string) {
	b.Helper()
	b.get("signin")
	by := ""
	if b.site.people[name].Identity.AccessKeyID == "" {
		by = "password"
	}
	b.post("signin", "by", by, "name", name, "secret", b.site.people[name].secret).want(b.T, http.StatusSeeOther)
}
