package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestSignInAndOut(t *testing.T) {
	s := newSite(t)
	b := s.browser(t)
	got := b.get("password?x=1")
	if to := got.Header.Get("Location"); got.StatusCode != http.StatusSeeOther || to != "/console/signin?back=%2Fconsole%2Fpassword%3Fx%3D1" {
		t.Errorf("a page before sign-in: %d to %q", got.StatusCode, to)
	}
	b.get("signin")
	got = b.post("signin", "name", "root-key", "secret", "wrong")
	got.want(t, http.StatusForbidden, "No such access key or user, or the secret is wrong.", `value="root-key"`)
	unknown := b.post("signin", "name", "nobody", "secret", "wrong")
	if strings.ReplaceAll(unknown.text, "nobody", "root-key") != got.text {
		t.Error("an unknown name is answered in another way than a wrong secret")
	}
	if got := b.post("signin", "name", "root-key", "secret", "root-secret", "back", "/console/password?x=1"); got.Header.Get("Location") != "/console/password?x=1" {
		t.Errorf("after sign-in: to %q", got.Header.Get("Location"))
	}
	if !s.called("GetCallerIdentity") {
		t.Error("the sign-in is not in the audit log")
	}
	b.get("").want(t, http.StatusOK, "Overview", "root")
	b.post("signout").want(t, http.StatusSeeOther)
	b.get("").want(t, http.StatusSeeOther)
}

func TestCookies(t *testing.T) {
	s := newSite(t)
	b := s.browser(t)
	b.get("signin")
	got := b.post("signin", "name", "root-key", "secret", "root-secret")
	for _, c := range got.Cookies() {
		if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/console/" || c.Secure {
			t.Errorf("cookie %+v", c)
		}
	}
	secure := httptestTLS(t, s)
	res, err := secure.Client().Get(secure.URL + "/console/signin")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	for _, c := range res.Cookies() {
		if !c.Secure {
			t.Errorf("over TLS: cookie %+v", c)
		}
	}
}

// A session ends when it is not used, when its maximum lifetime is over, and when the key
// or password that was used to sign in is no longer valid.
func TestSessionsEnd(t *testing.T) {
	for name, end := range map[string]func(s *site, b *browser){
		"idle": func(s *site, _ *browser) { s.with(func() { s.offset = sessionIdle + time.Second }) },
		"over": func(s *site, b *browser) {
			for passed := time.Duration(0); passed < sessionLife-sessionIdle; passed += sessionIdle / 2 {
				s.with(func() { s.offset += sessionIdle / 2 })
				b.get("").want(b.T, http.StatusOK)
			}
			s.with(func() { s.offset = sessionLife + time.Second })
		},
		"gone":     func(s *site, _ *browser) { s.with(func() { s.people["alice"].gone = true }) },
		"password": func(s *site, _ *browser) { s.with(func() { s.people["alice"].Stamp = "b" }) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			b := s.signIn(t, "alice")
			end(s, b)
			if got := b.get(""); got.StatusCode != http.StatusSeeOther || !strings.HasPrefix(got.Header.Get("Location"), "/console/signin") {
				t.Errorf("%d to %q", got.StatusCode, got.Header.Get("Location"))
			}
			b.get("live/overview").want(t, http.StatusUnauthorized)
		})
	}
}

func TestSessionsAreBounded(t *testing.T) {
	now := time.Now()
	s := newSessions(func() time.Time { return now })
	var p Person
	first, _ := s.begin(p)
	for range maxPersonSessions {
		now = now.Add(time.Second)
		s.begin(p)
	}
	if s.find(first) != nil || len(s.all) != maxPersonSessions {
		t.Errorf("%d sessions of one person", len(s.all))
	}
	for i := range maxSessions + 10 {
		p.Identity.UserID = string(rune(i + 1))
		s.begin(p)
	}
	if len(s.all) != maxSessions {
		t.Errorf("%d sessions, want at most %d", len(s.all), maxSessions)
	}
}

// A form without the token of its session, or from another site, is refused.
func TestForgedForms(t *testing.T) {
	s := newSite(t)
	b, other := s.signIn(t, "root-key"), s.signIn(t, "alice")
	right := b.token
	for name, forge := range map[string]func(r *http.Request, form url.Values){
		"none":      func(_ *http.Request, form url.Values) { form.Del(tokenField) },
		"another's": func(_ *http.Request, form url.Values) { form.Set(tokenField, other.token) },
		"in the query": func(r *http.Request, form url.Values) {
			form.Del(tokenField)
			r.URL.RawQuery = tokenField + "=" + right
		},
		"cross-site":  func(r *http.Request, _ url.Values) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"same-site":   func(r *http.Request, _ url.Values) { r.Header.Set("Sec-Fetch-Site", "same-site") },
		"origin":      func(r *http.Request, _ url.Values) { r.Header.Set("Origin", "http://evil.test") },
		"null origin": func(r *http.Request, _ url.Values) { r.Header.Set("Origin", "null") },
	} {
		form := url.Values{tokenField: {right}}
		r := b.request("POST", "signout", form)
		forge(r, form)
		again := b.request("POST", "signout", form)
		again.Header, again.URL = r.Header, r.URL
		if got := b.do(again); got.StatusCode != http.StatusForbidden {
			t.Errorf("%s: status %d", name, got.StatusCode)
		}
		b.token = right
	}
	fresh := s.browser(t)
	fresh.post("signin", "name", "root-key", "secret", "root-secret").want(t, http.StatusForbidden)
	b.get("").want(t, http.StatusOK)
	b.post("signout").want(t, http.StatusSeeOther)
}

func TestBackStaysInTheConsole(t *testing.T) {
	for to, want := range map[string]string{
		"/console/users?a=b":         "users?a=b",
		"//evil.test/console/":       "",
		"https://evil.test/console/": "",
		"/elsewhere":                 "",
		"/console/\\evil.test":       "",
		"javascript:alert(1)":        "",
		"":                           "",
	} {
		r, err := http.NewRequest("GET", "/?"+url.Values{"back": {to}}.Encode(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := back(r); got != want {
			t.Errorf("%q: got %q, want %q", to, got, want)
		}
	}
}

// Before any other page is shown, the password has to be changed.
func TestPasswordReset(t *testing.T) {
	s := newSite(t)
	s.answers["ChangePassword"] = struct{}{}
	b := s.signIn(t, "alice")
	s.with(func() { s.people["alice"].MustReset = true })
	if got := b.get(""); got.Header.Get("Location") != "/console/password" {
		t.Errorf("%d to %q", got.StatusCode, got.Header.Get("Location"))
	}
	b.get("live/overview").want(t, http.StatusForbidden)
	b.get("password").want(t, http.StatusOK, "before you go on")
	b.post("password", "old", "alices-password", "new", "another-one", "again", "a-third").want(t, http.StatusBadRequest, "differ")
	s.with(func() {
		s.people["alice"].MustReset, s.people["alice"].secret = false, "another-one"
	})
	b.post("password", "old", "alices-password", "new", "another-one", "again", "another-one").want(t, http.StatusSeeOther)
	if !s.called("alice ChangePassword NewPassword=another-one OldPassword=alices-password") {
		t.Errorf("calls: %q", s.calls)
	}
	b.get("").want(t, http.StatusOK, "The password is changed")
}

// Sessions are handed to the next process with their permissions and expiry; sessions that
// have ended are not.
func TestSessionsAreKept(t *testing.T) {
	s := newSite(t)
	b, out := s.signIn(t, "root-key"), s.signIn(t, "alice")
	out.post("signout").want(t, http.StatusSeeOther)
	kept := s.console.Sessions()

	next := newSite(t, func(c *Config) { c.Sessions = kept })
	move := func(b *browser) *browser {
		u, err := url.Parse(next.URL)
		if err != nil {
			t.Fatal(err)
		}
		old, err := url.Parse(s.URL + Path)
		if err != nil {
			t.Fatal(err)
		}
		moved := next.browser(t)
		for _, c := range b.client.Jar.Cookies(old) {
			c.Path = Path
			moved.client.Jar.SetCookies(u, []*http.Cookie{c})
		}
		moved.token = b.token
		return moved
	}
	moved := move(b)
	moved.get("").want(t, http.StatusOK, "Overview", "root")
	move(out).get("").want(t, http.StatusSeeOther)
	moved.post("signout").want(t, http.StatusSeeOther) // with the token of the old page
	moved.get("").want(t, http.StatusSeeOther)

	s.with(func() { s.offset = sessionIdle + time.Minute })
	if got := string(s.console.Sessions()); got != "[]" {
		t.Errorf("of sessions whose time has passed: %s", got)
	}
	late := newSessions(func() time.Time { return time.Now().Add(sessionLife + time.Minute) })
	if err := late.restore(kept); err != nil || len(late.all) != 0 {
		t.Errorf("taken too late: %d sessions, %v", len(late.all), err)
	}
	for n := range kept {
		if err := newSessions(time.Now).restore(kept[:n]); err == nil {
			t.Fatalf("the first %d bytes are taken for sessions", n)
		}
	}
}
