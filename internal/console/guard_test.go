package console

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func httptestTLS(t *testing.T, s *site) *httptest.Server {
	t.Helper()
	server := httptest.NewTLSServer(s.console)
	t.Cleanup(server.Close)
	return server
}

// Every answer says what a browser may do with it, also one that refuses.
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
	// Nothing in a page needs more than the policy allows.
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

// Who guesses has to wait, by name and by source, and a success of one name
// gives no guesses at others.
func TestLockout(t *testing.T) {
	now := time.Now()
	l := newLockout(func() time.Time { return now })
	here, there := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	for range nameTries {
		if wait := l.attempt("alice", here); wait != 0 {
			t.Fatalf("locked out too early: %s", wait)
		}
	}
	if wait := l.attempt("alice", there); wait != firstWait {
		t.Errorf("the name from elsewhere: waits %s, want %s", wait, firstWait)
	}
	if wait := l.attempt("bob", here); wait != 0 {
		t.Errorf("another name from the same source: waits %s", wait)
	}
	for want := 2 * firstWait; want <= longestWait; want *= 2 {
		now = now.Add(want/2 + time.Millisecond)
		if wait := l.attempt("alice", there); wait != 0 {
			t.Errorf("after the wait: %s", wait)
		}
		if wait := l.attempt("alice", there); wait != want {
			t.Errorf("then: %s, want %s", wait, want)
		}
	}
	l.succeeded("alice", there)
	if wait := l.attempt("alice", there); wait != 0 {
		t.Errorf("after a success: %s", wait)
	}

	source := netip.MustParseAddr("2001:db8::1")
	for i := range sourceTries {
		if wait := l.attempt(string(rune('a'+i))+"-user", source.Next()); wait != 0 {
			t.Fatalf("the source is locked out after %d", i)
		}
	}
	if l.attempt("yet-another", netip.MustParseAddr("2001:db8::ffff")) == 0 {
		t.Error("a whole /64 is one source")
	}
	if l.attempt("yet-another", netip.MustParseAddr("2001:db8:1::1")) != 0 {
		t.Error("another network is another source")
	}
}

func TestLockoutIsBounded(t *testing.T) {
	now := time.Now()
	l := newLockout(func() time.Time { return now })
	here := netip.MustParseAddr("10.0.0.1")
	for range nameTries {
		l.attempt("alice", here)
	}
	for i := range 2 * maxStruck {
		here = here.Next()
		l.attempt("name-"+string(rune(i+1)), here)
	}
	if len(l.names) > maxStruck || len(l.sources) > maxStruck {
		t.Errorf("%d names and %d sources are remembered", len(l.names), len(l.sources))
	}
	if l.attempt("alice", netip.MustParseAddr("10.9.9.9")) == 0 {
		t.Error("many names made the lock-out of one forgotten")
	}
}

func TestSignInLockedOut(t *testing.T) {
	s := newSite(t)
	b := s.browser(t)
	b.get("signin")
	for range nameTries {
		b.post("signin", "name", "root-key", "secret", "wrong").want(t, http.StatusForbidden)
	}
	b.post("signin", "name", "root-key", "secret", "root-secret").want(t, http.StatusTooManyRequests, "Try again in 1 minute.")
	s.with(func() { s.offset = firstWait + time.Second })
	b.post("signin", "name", "root-key", "secret", "root-secret").want(t, http.StatusSeeOther)
}
