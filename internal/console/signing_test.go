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

// Unauthenticated clients that occupy all slots for password checks delay neither sign-ins
// with a key nor clients from whose address the user has signed in before, and a sign-in
// that finds no slot does not count as a failure.
func TestFailingSignInsLeaveSlots(t *testing.T) {
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
	var guesses sync.WaitGroup
	for i := range maxSigning {
		b := s.browser(t)
		b.get("signin")
		guesses.Go(func() {
			b.post("signin", "by", "password", "name", "guess-"+string(rune('a'+i)), "secret", "a-guess").want(t, http.StatusForbidden)
		})
	}
	for range maxSigning {
		<-holding
	}
	b := s.browser(t)
	b.get("signin")
	for range 10 { // more than the permitted failures
		b.post("signin", "by", "password", "name", "bob", "secret", "right").want(t, http.StatusTooManyRequests, "Many people sign in at this moment")
	}
	s.browser(t).signInAs("root-key")
	s.browser(t).signInAs("alice")
	close(hold)
	guesses.Wait()
	b.post("signin", "by", "password", "name", "bob", "secret", "right").want(t, http.StatusForbidden, "No such access key or user")
}

// A client that disconnects while its password is compared is refused; the log reports it
// like any other failure, and not as an error of the server.
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
