package console

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"elbow/internal/api"
	"elbow/internal/ram"
	"elbow/internal/rpc"
)

// A site is a console behind a real server. The test sets its people and the answers of
// its API.
type site struct {
	*httptest.Server
	console *Console

	mu      sync.Mutex
	offset  time.Duration        // guarded by mu: how far the clock is ahead
	people  map[string]*somebody // guarded by mu
	answers map[string]any       // guarded by mu: by action; an *rpc.Error refuses the call
	calls   []string             // guarded by mu: action and parameters
	state   State                // guarded by mu
}

// somebody is a person who may sign in.
type somebody struct {
	Person
	secret string
	gone   bool
}

func newSite(t *testing.T, change ...func(*Config)) *site {
	t.Helper()
	s := &site{
		people: map[string]*somebody{
			"root-key": {Person: Person{Identity: ram.Identity{AccountID: "1", AccessKeyID: "root-key", UserID: "1"}, Stamp: "a"}, secret: "root-secret"},
			"alice":    {Person: Person{Identity: ram.Identity{AccountID: "1", UserID: "2", UserName: "alice"}, Stamp: "a"}, secret: "alices-password"},
		},
		answers: map[string]any{
			"GetCallerIdentity":        api.GetCallerIdentityOutput{},
			"ListUserCertificateOrder": api.ListUserCertificateOrderOutput{},
		},
	}
	find := func(_ context.Context, name, secret string) (Person, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		p := s.people[name]
		if p == nil || p.gone || p.secret != secret {
			return Person{}, ErrSignIn
		}
		return p.Person, nil
	}
	c := Config{
		Key: find, User: find, Loopback: true, Version: "test", Now: s.now, Log: slog.New(slog.DiscardHandler),
		Again: func(_ context.Context, was Person) (Person, bool, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			name := was.Identity.UserName + was.Identity.AccessKeyID
			p := s.people[name]
			return p.Person, !p.gone && p.Stamp == was.Stamp, nil
		},
		Call: s.call,
		State: func() State {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.state
		},
		Traffic: func() Traffic { return Traffic{} },
		PoliciesOf: func(context.Context, string) ([]NamedPolicy, error) {
			return []NamedPolicy{{Name: "mine", Type: "Custom", Policy: policyOf(t, "ens:Describe*")}}, nil
		},
	}
	for _, f := range change {
		f(&c)
	}
	var err error
	if s.console, err = New(c); err != nil {
		t.Fatal(err)
	}
	s.Server = httptest.NewServer(s.console)
	t.Cleanup(func() {
		s.console.EndStreams()
		s.Server.Close()
		s.console.Close()
	})
	return s
}

func policyOf(t *testing.T, action string) *ram.Policy {
	t.Helper()
	p, err := ram.Parse(`{"Version":"1","Statement":[{"Effect":"Allow","Action":"` + action + `","Resource":"*"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (s *site) call(_ context.Context, who Caller, _, action string, params map[string]string) Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	var text strings.Builder
	text.WriteString(who.Identity.UserName + " " + action)
	for _, name := range slices.Sorted(maps.Keys(params)) {
		text.WriteString(" " + name + "=" + params[name])
	}
	s.calls = append(s.calls, text.String())
	switch a := s.answers[action].(type) {
	case *rpc.Error:
		refusal := *a
		refusal.RequestID = "RID"
		return Answer{RequestID: "RID", Err: &refusal}
	case nil:
		return Answer{RequestID: "RID", Err: &rpc.Error{Status: 400, Code: "NoPermission", Message: "Permission denied.", RequestID: "RID"}}
	default:
		return Answer{RequestID: "RID", Out: a}
	}
}

func (s *site) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Add(s.offset)
}

// with changes the answers of the site under its lock.
func (s *site) with(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// called reports whether a call was made.
func (s *site) called(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		if strings.TrimSpace(c) == text {
			return true
		}
	}
	return false
}

// A browser is one visitor, with cookies. It does not follow redirects.
type browser struct {
	*testing.T
	site   *site
	client *http.Client
	token  string // the token of the forms of the last page
}

func (s *site) browser(t *testing.T) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{T: t, site: s, client: &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// A shown is a response to a browser.
type shown struct {
	*http.Response
	text string
}

var tokenPattern = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

func (b *browser) do(r *http.Request) shown {
	b.Helper()
	res, err := b.client.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.Fatal(err)
	}
	if m := tokenPattern.FindSubmatch(text); m != nil {
		b.token = string(m[1])
	}
	return shown{res, string(text)}
}

func (b *browser) request(method, page string, form url.Values) *http.Request {
	b.Helper()
	r, err := http.NewRequest(method, b.site.URL+Path+page, strings.NewReader(form.Encode()))
	if err != nil {
		b.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r
}

func (b *browser) get(page string) shown {
	b.Helper()
	return b.do(b.request("GET", page, nil))
}

// post sends a form with the token of the last page.
func (b *browser) post(page string, pairs ...string) shown {
	b.Helper()
	form := url.Values{tokenField: {b.token}}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return b.do(b.request("POST", page, form))
}

// signIn signs in and loads the overview, whose forms have the token of the session.
func (s *site) signIn(t *testing.T, name string) *browser {
	t.Helper()
	b := s.browser(t)
	b.get("signin")
	by := ""
	if s.people[name].Identity.UserName != "" {
		by = "password"
	}
	if got := b.post("signin", "by", by, "name", name, "secret", s.people[name].secret); got.StatusCode != http.StatusSeeOther || got.Header.Get("Location") != Path {
		t.Fatalf("sign-in of %s: %d to %q: %s", name, got.StatusCode, got.Header.Get("Location"), got.text)
	}
	if got := b.get(""); got.StatusCode != http.StatusOK {
		t.Fatalf("the overview: %d %s", got.StatusCode, got.text)
	}
	return b
}

func (r shown) want(t *testing.T, status int, texts ...string) {
	t.Helper()
	if r.StatusCode != status {
		t.Errorf("%s %s: status %d, want %d: %s", r.Request.Method, r.Request.URL, r.StatusCode, status, r.text)
	}
	for _, text := range texts {
		if !strings.Contains(r.text, text) {
			t.Errorf("%s %s: no %q in %s", r.Request.Method, r.Request.URL, text, r.text)
		}
	}
}
