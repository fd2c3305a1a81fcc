package console

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// Strangers who keep all places for the checking of passwords busy hold up neither
// sign-ins with a key nor those who have signed in from where they are before, and
// who is turned away has not used up a try.
func TestStrangersDoNotTakeAllSignIns(t *testing.T) {
	hold := make(chan struct{})
	holding := make(chan struct{}, maxSigning)
	s := newSite(t, func(c *Config) {
		find := c.User
		c.User = func(ctx context.Context, name, password string) (Person, error) {
			if password == "a-guess" {
				holding <- struct{}{}
				<-hold
			}
			return find(ctx, name, password)
		}
	})
	s.browser(t).signInAs("alice")
	var strangers sync.WaitGroup
	for i := range maxSigning {
		b := s.browser(t)
		b.get("signin")
		strangers.Go(func() {
			b.post("signin", "by", "password", "name", "stranger-"+string(rune('a'+i)), "secret", "a-guess").want(t, http.StatusForbidden)
		})
	}
	for range maxSigning {
		<-holding
	}
	b := s.browser(t)
	b.get("signin")
	for range 10 { // more than may fail
		b.post("signin", "by", "password", "name", "bob", "secret", "right").want(t, http.StatusTooManyRequests, "Many people sign in at this moment")
	}
	s.browser(t).signInAs("root-key")
	s.browser(t).signInAs("alice")
	close(hold)
	strangers.Wait()
	b.post("signin", "by", "password", "name", "bob", "secret", "right").want(t, http.StatusForbidden, "No such access key or user")
}

// A client that leaves while its password is compared is refused, which the log tells as
// of any other, and no fault of the server.
func TestSignInOfClientThatLeaves(t *testing.T) {
	var log strings.Builder
	asked, left := make(chan struct{}), make(chan struct{})
	s := newSite(t, func(c *Config) {
		c.Log = slog.New(slog.NewTextHandler(&log, nil))
		c.User = func(ctx context.Context, _, _ string) (Person, error) {
			close(asked)
			<-ctx.Done()
			defer close(left)
			return Person{}, ctx.Err()
		}
	})
	b := s.browser(t)
	b.get("signin")
	ctx, cancel := context.WithCancel(t.Context())
	go func() { // ends with the request
		<-asked
		cancel()
	}()
	r := b.request("POST", "signin", url.Values{tokenField: {b.token}, "by": {"password"}, "name": {"bob"}, "secret": {"right"}})
	if res, err := b.client.Do(r.WithContext(ctx)); err == nil {
		_ = res.Body.Close()
		t.Errorf("got %s", res.Status)
	}
	<-left
	s.Close() // waits for the page
	if text := log.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, `msg="console sign-in refused" name=bob`) {
		t.Errorf("logged %s", text)
	}
}
