package elbtest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// StickySession is accepted although the specification's table omits it; off overrides
// StickySessionType.
func testStickySession(t *testing.T) {
	s := NewSite(t, node(t), NewBackend(t, "a"), NewBackend(t, "b"))
	for _, tt := range []struct {
		changes map[string]string
		want    string
	}{
		{map[string]string{"StickySession": "on"}, "MissingStickySessionType"},
		{map[string]string{"StickySession": "maybe"}, "InvalidStickySession"},
		{map[string]string{"StickySession": "on", "StickySessionType": "insert"}, "MissingCookieTimeout"},
		{map[string]string{"StickySession": "on", "StickySessionType": "server"}, "MissingCookie"},
		{map[string]string{"StickySession": "off", "StickySessionType": "insert"}, ""},
	} {
		if got := Code(s.Create(s.ListenerParams(tt.changes))); got != tt.want {
			t.Errorf("%v: code %q, want %q", tt.changes, got, tt.want)
		}
	}
	off := s.Listen(t, map[string]string{"StickySession": "off", "StickySessionType": "insert", "CookieTimeout": "100"})
	if got := off.Get(t, off.Client(t, ""), "/").Header.Get("Set-Cookie"); got != "" {
		t.Errorf("off, and yet Set-Cookie: %s", got)
	}
	on := s.Listen(t, map[string]string{"StickySession": "on", "StickySessionType": "insert", "CookieTimeout": "100"})
	if got := on.Get(t, on.Client(t, ""), "/").Header.Get("Set-Cookie"); !strings.HasPrefix(got, "SERVERID=") {
		t.Errorf("on, and Set-Cookie is %q", got)
	}
}

func testStickySessionType(t *testing.T) {
	t.Run("insert", testInsert)
	t.Run("server", testServer)
	t.Run("neither", func(t *testing.T) {
		s := NewSite(t, node(t), NewBackend(t, "a"))
		if got := Code(s.Create(s.ListenerParams(map[string]string{"StickySessionType": "client"}))); got != "InvalidStickySessionType" {
			t.Errorf("code %q", got)
		}
	})
}

// insert: the cookie alone selects the backend, the backend does not see it, it is valid
// at weight 0, and if the backend is down another one is chosen once.
func testInsert(t *testing.T) {
	a, b := NewBackend(t, "a"), NewBackend(t, "b")
	s := NewSite(t, node(t), a, b)
	f := s.Listen(t, map[string]string{"StickySessionType": "insert", "CookieTimeout": "100", "Scheduler": "rr"})
	c := f.Client(t, "")
	first := f.Get(t, c, "/")
	cookie := first.Header.Get("Set-Cookie")
	for _, part := range []string{"SERVERID=", "Path=/", "HttpOnly", "Secure"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("Set-Cookie %q has no %s", cookie, part)
		}
	}
	if got := f.Spread(t, c, 20); got[first.Backend] != 20 {
		t.Errorf("with the cookie of %s: %v", first.Backend, got)
	}
	if got := f.Spread(t, &http.Client{Transport: c.Transport}, 20); got["a"] != 10 || got["b"] != 10 {
		t.Errorf("without the cookie: %v", got)
	}

	seen := make(chan string, 1)
	mine, other := a, b
	if first.Backend == "b" {
		mine, other = b, a
	}
	mine.Serve(func(_ http.ResponseWriter, r *http.Request) { seen <- r.Header.Get("Cookie") })
	f.Get(t, c, "/")
	if got := <-seen; got != "" {
		t.Errorf("the backend sees the cookie: %q", got)
	}
	mine.Serve(nil)

	s.SetWeight(t, mine, 0)
	fresh := &http.Client{Transport: c.Transport}
	Eventually(t, func() error {
		if got := f.Spread(t, fresh, 4); got[mine.Name] != 0 {
			return fmt.Errorf("with weight 0 new sessions go to %s", mine.Name)
		}
		return nil
	})
	if got := f.Spread(t, c, 5); got[mine.Name] != 5 {
		t.Errorf("with weight 0 the cookie of %s: %v", mine.Name, got)
	}

	mine.Stop()
	if got := f.Get(t, c, "/"); got.Backend != other.Name {
		t.Errorf("after the loss of %s: %d from %q", mine.Name, got.Status, got.Backend)
	}
}

// server: the backend's own cookie is rewritten for the client and restored for the
// backend. Without that cookie there is no persistence.
func testServer(t *testing.T) {
	a, b := NewBackend(t, "a"), NewBackend(t, "b")
	s := NewSite(t, node(t), a, b)
	seen := make(chan string, 100)
	for _, backend := range []*Backend{a, b} {
		backend.Serve(func(w http.ResponseWriter, r *http.Request) {
			if c, err := r.Cookie("session"); err == nil {
				seen <- c.Value
			}
			if r.URL.Path == "/login" {
				http.SetCookie(w, &http.Cookie{Name: "session", Value: "mine", Path: "/"})
				http.SetCookie(w, &http.Cookie{Name: "other", Value: "untouched", Path: "/"})
			}
		})
	}
	f := s.Listen(t, map[string]string{"StickySessionType": "server", "Cookie": "session", "Scheduler": "rr"})
	c := f.Client(t, "")
	if got := f.Spread(t, c, 10); got["a"] != 5 || got["b"] != 5 {
		t.Errorf("before the cookie: %v", got)
	}
	first := f.Get(t, c, "/login")
	cookies := first.Header.Values("Set-Cookie")
	if len(cookies) != 2 || !strings.HasPrefix(cookies[0], "session=") || strings.HasPrefix(cookies[0], "session=mine") ||
		!strings.Contains(cookies[0], "~mine") || cookies[1] != "other=untouched; Path=/" {
		t.Errorf("Set-Cookie: %q", cookies)
	}
	if got := f.Spread(t, c, 10); got[first.Backend] != 10 {
		t.Errorf("with the cookie of %s: %v", first.Backend, got)
	}
	for range 10 {
		if got := <-seen; got != "mine" {
			t.Fatalf("the backend sees %q, want its own value", got)
		}
	}
}

// A session ends CookieTimeout after its last request; each request extends it.
func testCookieTimeout(t *testing.T) {
	s := NewSite(t, node(t), NewBackend(t, "a"), NewBackend(t, "b"))
	for timeout, want := range map[string]string{"1": "", "86400": "", "0": "InvalidCookieTimeout", "86401": "InvalidCookieTimeout"} {
		changes := map[string]string{"StickySessionType": "insert", "CookieTimeout": timeout}
		if got := Code(s.Create(s.ListenerParams(changes))); got != want {
			t.Errorf("%s: code %q, want %q", timeout, got, want)
		}
	}
	short := s.Listen(t, map[string]string{"StickySessionType": "insert", "CookieTimeout": "1", "Scheduler": "rr"})
	long := s.Listen(t, map[string]string{"StickySessionType": "insert", "CookieTimeout": "86400", "Scheduler": "rr"})

	// A cookie that is not renewed is used until it has expired: then the scheduler rr
	// chooses a backend, with the short timeout but not with the long one.
	stale := func(f *Front) func() string {
		cookie := f.Get(t, f.Client(t, ""), "/").Header.Get("Set-Cookie")
		value, _, _ := strings.Cut(cookie, ";")
		c := f.Client(t, "")
		c.Jar = nil
		return func() string {
			request, err := http.NewRequest("GET", f.URL("/"), nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Cookie", value)
			res, err := c.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			return res.Header.Get("X-Backend")
		}
	}
	askShort, askLong := stale(short), stale(long)
	stays := askLong()
	Eventually(t, func() error {
		first, second := askShort(), askShort()
		if first == second {
			return fmt.Errorf("the cookie of one second still binds")
		}
		return nil
	})
	if got := askLong(); got != stays {
		t.Errorf("the cookie of a day moved from %s to %s", stays, got)
	}
}

func testCookie(t *testing.T) {
	s := NewSite(t, node(t), NewBackend(t, "a"))
	for name, want := range map[string]string{
		"example":                "",
		strings.Repeat("c", 200): "",
		strings.Repeat("c", 201): "InvalidCookie",
		"$dollar":                "InvalidCookie",
		"with space":             "InvalidCookie",
		"with;semicolon":         "InvalidCookie",
		"with,comma":             "InvalidCookie",
		"ü":                      "InvalidCookie",
	} {
		changes := map[string]string{"StickySessionType": "server", "Cookie": name}
		if got := Code(s.Create(s.ListenerParams(changes))); got != want {
			t.Errorf("%q: code %q, want %q", name, got, want)
		}
	}
}

// The attribute can be changed, and removed, while the listener serves.
func testStickySessionSameSite(t *testing.T) {
	s := NewSite(t, node(t), NewBackend(t, "a"))
	if got := Code(s.Create(s.ListenerParams(map[string]string{"StickySessionSameSite": "None"}))); got != "InvalidStickySessionSameSite" {
		t.Errorf("None: code %q", got)
	}
	f := s.Listen(t, map[string]string{"StickySessionType": "insert", "CookieTimeout": "100"})
	for _, tt := range []struct{ set, want string }{
		{"", "; Path=/; HttpOnly; Secure"},
		{"none", "; Path=/; HttpOnly; Secure; SameSite=None"},
		{"lax", "; Path=/; HttpOnly; Secure; SameSite=Lax"},
		{"strict", "; Path=/; HttpOnly; Secure; SameSite=Strict"},
		{"absent", "; Path=/; HttpOnly; Secure"},
	} {
		if tt.set != "" {
			err := s.Set(map[string]string{"LoadBalancerId": s.LoadBalancerID, "ListenerPort": f.Port, "StickySessionSameSite": tt.set})
			if err != nil {
				t.Fatal(err)
			}
		}
		Eventually(t, func() error {
			cookie := f.Get(t, f.Client(t, ""), "/").Header.Get("Set-Cookie")
			if _, attributes, _ := strings.Cut(cookie, ";"); ";"+attributes != tt.want {
				return fmt.Errorf("%q: Set-Cookie is %q, want %q", tt.set, cookie, tt.want)
			}
			return nil
		})
	}
}
